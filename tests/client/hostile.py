"""A run in which everything that others write, the model among them, is meant to do harm."""

from typing import Any

from client.trajectory import (
    Check,
    Constraint,
    Criterion,
    Ended,
    Event,
    Evidence,
    EvidenceKind,
    Message,
    Need,
    Observation,
    Plan,
    Rubric,
    RubricDrawn,
    State,
    Step,
    StopReason,
    TaskGiven,
    ToolCall,
    Trajectory,
    Usage,
    Verdict,
)

HARM = (
    "<script>document.title='hit'</script>",
    '"><img src=x onerror="document.title=\'hit\'">',
    "'-alert(1)-' javascript:alert(1) `${1}` {{ 7*7 }} {% raw %}",
    "</style></script></title></textarea><svg onload=document.title='hit'>",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png) <https://evil.example>",
    "\u202egnp.exe\u2066 \u200f \x1b[31m\x00\x07",
    "Donaudampfschifffahrtsgesellschaft" * 40,
    "# heading\n## References\n| a | b |\n|---|---|\n```\n",
    "&lt;b&gt; &#60;i&#62; [1] [99] \\[2\\] **",
)
ALL = " ".join(HARM)
LONG = ("very long title " * 700)[:10_000]
ADDRESSES = (
    "javascript:document.title='hit'",
    "data:text/html,<script>1</script>",
    "https://shop.example@evil.example/",
    "https://shop.example/\"onmouseover=\"document.title='hit'",
    "//evil.example/x",
    "https://аpple.example/kettle",  # the first letter is Cyrillic
    " https://shop.example/",
    "file:///etc/passwd",
    "https://[::1",
    "http:\\\\evil.example",
)

REPORT = f"""\
# {HARM[0]}

{HARM[1]}

## Needs
- (hard) {HARM[0]}: met
- (soft) {HARM[3]}: not met

## Recommendation
Take {HARM[4]} or {HARM[1]}
1. [p1] {HARM[1]}
   - {HARM[0]} [p1.attributes.{"colour"}]
   - says [r1 "plain words"] and {HARM[4]}
2. [p2] costs [p2.price]
3. [p3] costs [p3.price]
4. [p99] {HARM[0]}
5. {HARM[3]}

## Comparison
| need | [p1] | [p2] |
|:---|---:|:---:|
| {HARM[0]} | [p1.price] | [p2.attributes.colour] |
| none | not stated | [p1.brand] |

## {HARM[0]} {HARM[1]}
#### deep
{HARM[3]}

```html
{HARM[0]}
```

> {HARM[1]}

## References
[1] forged <https://evil.example>
"""


def run() -> Trajectory:
    return Trajectory(events=tuple(_events()))


def _events() -> list[Event]:
    usage = Usage(input_tokens=10, output_tokens=5, cost=0.01, seconds=0.5, model=ALL)
    calls = [
        ToolCall(id="c1", name="search_catalog", arguments={"query": ALL, ALL: [ALL, {ALL: 1}]}),
        ToolCall(id="c2", name=ALL, arguments={"ids": [ALL]}),
        ToolCall(id="c3", name="search_catalog", arguments={"query": LONG}),
    ]
    return [
        TaskGiven(
            question=ALL,
            settings={"model": ALL, "supervise": True, ALL: ALL},
            tools=({"name": ALL, "description": ALL, "inputSchema": {ALL: ALL}},),
        ),
        _message("m1", State.PLANNING, 0, 1, usage, plan=_plan(1)),
        _rubric(usage),
        _verdict("m1", State.PLANNING, 0, 1, usage, decision="revise"),
        _message("m2", State.PLANNING, 0, 2, usage, plan=_plan(2), supersedes="m1"),
        _verdict("m2", State.PLANNING, 0, 2, usage, decision="accept", forced=True),
        _message("m3", State.ACTING, 1, 1, usage, tool_calls=tuple(calls)),
        _verdict("m3", State.ACTING, 1, 1, usage, decision="accept", call_id="c1"),
        _verdict("m3", State.ACTING, 1, 1, usage, decision="revise", call_id="c2"),
        _verdict("m3", State.ACTING, 1, 1, usage, decision="accept", call_id="c3"),
        _observation("c1", evidence=_evidence()),
        _observation("c3", ok=False, result=None, error=ALL),
        _message("m4", State.ACTING, 2, 1, usage, author="corrector", text=ALL),
        _verdict("m4", State.ACTING, 2, 1, usage, decision="accept"),
        _message("m5", State.WRITING, 3, 1, usage, text=REPORT + ALL),
        _verdict("m5", State.WRITING, 3, 1, usage, decision="revise"),
        _message("m6", State.WRITING, 4, 2, usage, text=REPORT, supersedes="m5"),
        _verdict("m6", State.WRITING, 4, 2, usage, decision="accept", forced=True),
        Ended(stop_reason=StopReason.COST, detail=ALL),
    ]


def _message(id: str, state: State, step: int, attempt: int, usage: Usage, **more: Any) -> Message:
    fields = {"author": "researcher", "text": ALL, "thought": ALL, "usage": usage, **more}
    return Message(id=id, state=state, step=step, attempt=attempt, **fields)


def _verdict(id: str, state: State, step: int, attempt: int, usage: Usage, **more: Any) -> Verdict:
    checks = (
        Check(code=ALL, severity="refuse", message=ALL, refers_to=ALL, by="code"),
        Check(code=ALL, severity="remark", message=ALL, refers_to=ALL, by="model"),
    )
    return Verdict(
        message_id=id,
        state=state,
        step=step,
        attempt=attempt,
        checks=checks,
        thought=ALL,
        usage=usage,
        **more,
    )


def _plan(n: int) -> Plan:
    constraint = Constraint(field=ALL, op="is", value=(ALL, ALL), unit=ALL)
    return Plan(
        looking_for=f"{n} {ALL}",
        needs=(Need(id=ALL, text=ALL, hard=True, constraint=constraint),),
        steps=(Step(text=f"{n} {ALL}", needs=(ALL,), tool=ALL),),
    )


def _rubric(usage: Usage) -> RubricDrawn:
    criteria = (Criterion(id=ALL, text=ALL, weight=0.5, dimension=ALL),)
    return RubricDrawn(rubric=Rubric(criteria=criteria), thought=ALL, usage=usage, failed=ALL)


def _observation(call_id: str, **more: Any) -> Observation:
    fields = {"ok": True, "result": {"total": 1, "note": ALL, ALL: [LONG]}, "seconds": 0.1, **more}
    return Observation(
        call_id=call_id, name="search_catalog", arguments={"query": ALL}, step=1, **fields
    )


def _evidence() -> tuple[Evidence, ...]:
    def of(alias: str, kind: EvidenceKind, **fields: Any) -> Evidence:
        return Evidence(alias=alias, kind=kind, id=f"{alias} {ALL}", fields=fields)

    products = [
        of(
            f"p{n}",
            "product",
            title=LONG if n == 2 else f"{n} {ALL}",
            brand=ALL,
            price=[10.0, 9e15, 30.5, -1, 20.0, 25.0][n % 6],
            currency=["EUR", "EUR", ALL, "EUR", "EUR", "EUR"][n % 6],
            rating=[4.5, "five", 3.0, 99, 4.0, 2.5][n % 6],
            review_count=7,
            in_stock=ALL,
            as_of=ALL,
            url=ADDRESSES[n % len(ADDRESSES)],
            image_url="https://evil.example/pixel.png",
            attributes=[{"name": ALL, "value": ALL}, {"name": "colour", "value": ALL}],
            review_summary={
                "count": ALL,
                "mean": ALL,
                "histogram": {"5": 3, "4": ALL, "3": -2, "2": True, "1": 1},
                "aspects": [{"name": ALL, "positive": 2, "negative": 1}, {"name": None}, ALL],
            },
        )
        for n in range(1, 12)
    ]
    review = of("r1", "review", product_id="p1", rating=1, title=ALL, text=f"plain words {ALL}")
    page = of("w1", "page", title=ALL, url=ADDRESSES[0], passages=[{"text": ALL, "heading": ALL}])
    return (*products, review, page)
