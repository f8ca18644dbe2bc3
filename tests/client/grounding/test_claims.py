"""Claims in plain words are found, and judged as the evidence says."""

import re
from functools import cache

import pytest

from benchmarks.grounding import runs
from client.grounding.claims import claims_in
from client.trajectory import Trajectory

STATUSES = {"+": "supported", "-": "contradicted", "?": "not found"}
BEFORE = "## Trade-offs\n\n"

# {+words} are a claim that holds, {-words} one that is contradicted, {?words} one not found.
SENTENCES = [
    # difference
    ("headphones", "The Murmur is {-40 g heavier} than the Auvido."),
    ("headphones", "The Murmur outlasts the Auvido by {-ten hours}."),
    ("headphones", "The Auvido is {+£14.51 cheaper} than the Murmur."),
    ("headphones", "Choosing the Basswerk over the Auvido saves {+£40.04}."),
    ("headphones", "Choosing the Basswerk over the Auvido saves you about {+£40}."),
    ("headphones", "You save {+£54.55} with the Basswerk instead of the Murmur."),
    ("headphones", "The Murmur is {+4 g heavier} than the Auvido."),
    ("headphones", "The gap between the Auvido and the Murmur is {+£14.51}."),
    ("coffee machines", "The Kaffa is {+€110.50 under} the 500 euros you set."),
    ("monitors", "The Vexis is {+$50.99 more} than the V27Q and {+$20.01 under} your limit."),
    ("laptops", "The Netzo breaks your 900 euros by {+€99}."),
    ("headphones", "The Basswerk lasts {+seven hours less} than the Auvido."),
    ("headphones", "The Murmur has {+12 more reviews} than the Basswerk."),
    ("monitors", "The V27Q costs {+$71 less} than you would spend at most."),
    # price
    ("headphones", "At {+£129.99}, the Auvido comes in {-£30.01 under} budget."),
    ("headphones", "The Auvido costs {-130 pounds}."),
    ("headphones", "At {+£129.99}, the Auvido comes in {+£20.01 under} budget."),
    ("headphones", "[p1]: {+£129.99}, {+35 h}, {+254 g}, {+foldable}"),
    ("headphones", "| Auvido | {+£129.99} | {+35 h} | {+4.33} | yes |"),
    ("headphones", "The Auvido costs {+GBP 129.99}."),
    ("headphones", "You pay {+£144.50} for the Murmur and {+£89.95} for the Basswerk."),
    ("headphones", "The price of the Auvido, {+£129.99}, is fair."),
    ("headphones", "The Auvido costs {+£129.99} and the Murmur {+£14.51 more}."),
    # comparison
    ("headphones", "The Auvido costs {-more than} the Murmur."),
    ("headphones", "The Auvido has {-more reviews than} the Sennholt."),
    ("headphones", "The Murmur costs {-as much as} the Auvido."),
    ("coffee machines", "The Kaffa stays {-under 65 dB}."),
    ("coffee machines", "The Kaffa has a {-bigger tank than} the Ristra."),
    ("headphones", "The Murmur is rated {+half a star higher} than the Auvido."),
    ("headphones", "The Auvido is {+cheaper than} the Murmur."),
    ("headphones", "The Auvido has a {+better rating than} the Basswerk."),
    ("headphones", "The Auvido is {+not as light as} the Sennholt."),
    ("coffee machines", "The Ristra heats up {+faster than} the Kaffa."),
    ("headphones", "The Auvido runs {+longer than} the 30 hours you asked for."),
    ("headphones", "The Sennholt is {+lighter than} all the others."),
    # attribute
    ("headphones", "Auvido: {+35 h}; Murmur: {+55 h}; Basswerk: {-38 h}"),
    ("laptops", "The Quillon has a {+14 inch screen} and weighs {-1.42 kg}."),
    ("headphones", "The Sennholt lasts {-up to 40 hours}."),
    ("headphones", "The Sennholt lasts {-25 hours}."),
    ("headphones", "The Murmur is rated {-IPX5} against water."),
    ("headphones", "The Murmur {-folds}."),
    ("headphones", "The Basswerk has {-3 years} of warranty."),
    ("headphones", "The Auvido has {?3 years} of warranty."),
    ("headphones", "The Murmur comes in {-black}."),
    ("headphones", "The hinge of the Auvido cracked after {-six months}, one owner reports [r2]."),
    ("headphones", "All four have a {-microphone}."),
    ("coffee machines", "The Bellacrema has a {-steel} grinder."),
    ("train sets", "The Mountain Set is made of {-plastic}."),
    ("headphones", "There is {-a microphone} on the Basswerk."),
    ("headphones", "The Auvido connects over {+Bluetooth} or a {+3.5 mm} jack."),
    ("coffee machines", "Its grinder is {+ceramic}, and the Bellacrema {+froths milk}."),
    ("monitors", "The V27Q and the Vexis both have {+USB-C}."),
    ("monitors", "The screen of the Panorix measures {+23.8 inches} or {+60.5 cm}."),
    ("train sets", "The box measures {+45 x 30 x 12 cm} for the Mountain Set."),
    ("laptops", "The Netzo has a {+fingerprint reader}."),
    ("headphones", "The Murmur and the Auvido have {+40 mm drivers}."),
    ("headphones", "The Basswerk lasts {+28 hours} and so misses your mark by {+two}."),
    # sum
    ("headphones", "Both headphones together cost {+£274.49}, [p1] and [p2]."),
    ("bike lights", "Radlicht and Nordlys together cost {+€94.89}."),
    # ratio
    ("headphones", "The Auvido is {-20 %} cheaper than the Murmur."),
    ("coffee machines", "The Ristra has {-three times} as many ratings as the Bellacrema."),
    ("train sets", "The Mountain Set has more than {-double} the pieces of the Tinyrail."),
    ("headphones", "The Murmur has {+twice} the battery life of the Basswerk."),
    ("headphones", "The Sennholt costs {+half as much} as the Auvido."),
    ("headphones", "The Auvido is {+10 %} cheaper than the Murmur."),
    ("headphones", "The battery of the Murmur lasts {+1.6 times} as long as that of the Auvido."),
    ("laptops", "The Netzo has {+twice} the memory of the Quillon."),
    ("bike lights", "The Beamr weighs {+twice} as much as the Radlicht."),
    # share
    (
        "headphones",
        "{-Three quarters} of the remarks about the hinge of the Auvido are complaints.",
    ),
    ("headphones", "{-Most} owners of the Auvido complain about the comfort."),
    ("headphones", "{+62 %} of Auvido owners gave five stars."),
    ("headphones", "{+131 of 213} owners gave the Auvido five stars."),
    ("headphones", "{+Four of five} who mention durability of the Murmur complain."),
    (
        "headphones",
        "{+86 %} of its reviews are verified purchases, says the summary of the Murmur.",
    ),
    ("monitors", "Only {+13 of 640} owners gave the V27Q one star."),
    ("monitors", "{+Two in three} V27Q owners gave five stars."),
    ("monitors", "{+One in ten} reviews of the V27Q is not verified."),
    # count
    ("headphones", "{-28 reviews} praise the build of the Murmur."),
    ("headphones", "The Murmur has {-four dozen reviews}."),
    ("headphones", "{-One owner in four} gives the Murmur less than five stars."),
    ("headphones", "{+16 owners} gave the Auvido one or two stars."),
    ("headphones", "Only {+one owner} gave the Murmur two stars."),
    ("headphones", "{+Eight people} gave the Auvido a single star."),
    ("headphones", "In {+41 remarks} on comfort owners of the Auvido are happy."),
    ("coffee machines", "{+Eleven owners} of the Kaffa report leaks."),
    ("bike lights", "The mount draws {+22 complaints} against the Radlicht."),
    ("headphones", "The Auvido was reviewed {+213} times."),
    # rating
    ("headphones", "The Auvido averages {-4.5} across {-nearly 300 reviews}."),
    ("headphones", "Rated {+4.3 out of 5} by {+213 owners}, the Auvido is a safe choice."),
    ("headphones", "The Auvido averages {+4.3} across {+more than 200 reviews}."),
    ("headphones", "The Auvido gets {+4.3/5} ({+213 reviews})."),
    ("headphones", "The Auvido has a rating of {+4.33}."),
    ("headphones", "The Auvido gets just over {+four stars}."),
    ("headphones", "Its rating of {+3.9} makes the Basswerk the weakest."),
    # range
    ("headphones", "The guide says noise cancelling costs {-30 to 40 %} of battery life [w1]."),
    ("headphones", "The Sennholt's battery lasts {-20 to 35 hours}."),
    ("headphones", "The Sennholt lasts between {+20 and 30 hours}."),
    ("headphones", "The guide says noise cancelling costs {+15 to 25 %} of battery life [w1]."),
    ("headphones", "Prices range from {+£64 to £144.50}."),
    ("headphones", "The four weigh between {+228 g and 310 g}."),
    ("bike lights", "The Beamr burns between {+1.5 and 20 hours}."),
    # negation
    ("headphones", "The Auvido {-lacks a microphone}."),
    ("headphones", "Neither the Murmur nor the Sennholt {?folds} flat."),
    ("headphones", "The Sennholt is {?not foldable}."),
    ("headphones", "The Sennholt has {+no noise cancelling}."),
    ("headphones", "The Sennholt comes {+without noise cancelling} but with {+a microphone}."),
    ("headphones", "The Murmur {+cannot be folded}."),
    ("monitors", "The Panorix is {+not height adjustable}."),
    ("train sets", "The Mountain Set runs {+without batteries}."),
    ("bike lights", "The Beamr has {+no road approval}."),
    # stock
    ("headphones", "The Murmur {-can be ordered} right away."),
    ("headphones", "The Auvido is {+in stock}, the Murmur {+is not}."),
    ("headphones", "Unfortunately the Murmur is currently {+out of stock}."),
    ("headphones", "The Auvido is {+available} now."),
    ("headphones", "You cannot get the Murmur at the moment: it is {+sold out}."),
    # quote
    (
        "headphones",
        '"{?The left hinge cracked after four months}", an owner of the Murmur complains.',
    ),
    ("headphones", 'One owner calls them "{+Comfortable all day}".'),
    ("headphones", "Owners say the “{+noise cancelling hushes the tram completely}” [p2]."),
    # superlative
    ("headphones", "The Auvido is {-the best rated} of them."),
    ("headphones", "The Murmur has the {-fewest reviews}."),
    (
        "headphones",
        "The Sennholt is {+the cheapest} of the four at {+£64}, but it {+lacks noise cancelling}.",
    ),
    ("headphones", "The Murmur has {+the longest} battery life, {+55 h}."),
    ("headphones", "The Auvido has the {+second longest} battery life."),
    ("coffee machines", "The Ristra has {+the largest} tank."),
    ("headphones", "The Basswerk has {+the lowest rating} of the four."),
    ("headphones", "The Sennholt is the {+least expensive}."),
    ("headphones", "The Auvido is {+not the lightest}: that is the Sennholt."),
    # the side that is not named
    ("headphones", "The Basswerk is {+£40.04 cheaper} and lasts {+seven hours less}."),
    ("kettles", "The Mini is {+80 seconds slower} than its bigger sibling."),
    ("kettles", "The Mini is {-90 seconds slower} than the KT-170."),
    ("tents", "With 4000 mm the Vidda keeps out {+a third more than} its little sister."),
    ("headphones", "The Auvido is {+£20.01 below} your limit and the Murmur {+£5.50}."),
    (
        "laptops",
        "The Quillon is {+150 g lighter} than the Slate 5 and {+140 g heavier} than the Netzo.",
    ),
    # the owner behind its value
    ("printers", "Noise: {+48 dB} (DW), {-54 dB} (MFP), {-50 dB} (Jet 70)."),
    ("tents", "- **Setup:** {+eight minutes} (Vidda), {+five} (Tarn), {-thirty} (Familia)"),
    ("headphones", "The {+£64} Pulse and the {+£89.95} Hush-82 are both cheap."),
    # names that two share
    (
        "running shoes",
        "The Drift 4 scores {+4.53} from {+842 buyers}, the Shield {-4.82} from {+119}.",
    ),
    ("printers", "The DW is rated {+4.35} ({+433 reviews}), the MFP {-4.53}."),
    ("printers", "Both Printanos print at {+30 ppm}."),
    # how many of them
    ("kettles", "{+Three of the four hold at least 1.5 litres}."),
    ("kettles", "{-Two of the four hold at least 1.5 litres}."),
    ("tents", "{-Only one of the four weighs less than 4 kg}."),
    ("running shoes", "{-None of the four is waterproof}."),
    ("tents", "{+all but the Nimbra are in stock}."),
    ("printers", "{+Two of the four print on both sides}."),
    # per litre, per head
    ("kettles", "Per litre, the KT-170 comes to {+about £29}."),
    ("kettles", "The Pennock works out at {+£11.17 per litre}, the Mini at {-£29.50 a litre}."),
    ("tents", "Per person the Tarn 2 works out {-cheaper than} the Vidda 3."),
    # verbs that compare, quick and slow
    ("printers", "The DW {+outscores} the MFP."),
    ("printers", "The Lumen {-prints faster than} the DW."),
    ("printers", "The LX-240 MFP {+prints as fast as} its sibling."),
    ("printers", "The Page 20w {+costs more than} the Jet 70 but {+less than} the DW."),
    ("printers", "The Page 20w is {+a third slower} than the LX-240 DW."),
    # owners' remarks
    ("kettles", "The lid draws {+37 complaints} against {+12 kind words} for the KT-170."),
    (
        "running shoes",
        "Cushioning on the Drift 4 is praised {+fifteen times as often} as it is criticised.",
    ),
    ("running shoes", "{-More owners praise the Drift 4's sizing than fault it}."),
    ("headphones", "Owners who gave one star ({+eight} of them) dislike the Auvido."),
    # against another number
    ("kettles", "The Mini is rated over 4; only the Pennock is {+below that}."),
    ("kettles", "The Pennock is rated over 3; the Mini is {-below that}."),
    # in phrases
    ("running shoes", "Only the Shield {+keeps water out}."),
    ("tents", "The Campora {-stands on its own}."),
    ("printers", "The Page 20w is {+a Lumen}, the Jet 70 {-a Printano}."),
    ("printers", "**If you need a scanner:** the MFP {+has one}."),
]

# Nothing in them is wrong: whatever is found, nothing may be struck out.
HONEST = [
    ("coffee machines", "It is not the cheapest; the Kaffa costs €59.50 less."),
    ("monitors", "The V27Q is $70 cheaper than its bigger sister, the U32K."),
    ("monitors", "The Vexis gives you 25 W more for your laptop."),
    ("train sets", "The Tinyrail is the cheapest complete set."),
    ("train sets", "Its track is 3.2 m long, 1.1 m longer than the Tinyrail's."),
    ("train sets", "Per piece the Mountain Set costs about 87 pence, the Tinyrail 68 pence."),
    ("headphones", "**Battery**: 35 h against 55 h for the Murmur and 28 h for the Basswerk."),
    ("headphones", "The Auvido weighs a quarter of a kilo."),
    ("headphones", "The Auvido's score (4.33) beats the Basswerk's (3.9)."),
    ("bike lights", "The Ion is the brighter of the two approved lights."),
    ("bike lights", "The Frost's battery holds 2 Ah, the Ion's 2.6."),
    ("monitors", "430 of the V27Q's 640 owners gave five stars."),
    ("laptops", "Of 402 reviews of the Quillon, 230 give five stars."),
    ("kettles", "The KT-170 weighs no more than 1.2 kg empty."),
    ("headphones", "Battery life ranges from 20 hours (Pulse) to 55 hours (Murmur)."),
    ("headphones", "The Auvido averages 4.33 stars over 213 reviews."),
    ("headphones", "With 35 hours and a weight of 254 g, the Auvido is the one to buy."),
    ("headphones", "Two owners are quoted: one wears the Auvido for six hours [r1]."),
    ("headphones", "Everything but the Murmur is in stock."),
    ("headphones", "Take the Auvido unless 55 hours matter to you."),
    ("monitors", "The cheapest with USB-C is the V27Q at $279."),
    ("train sets", "The Mountain Set and the Crane Extension together have 61 pieces."),
    ("bike lights", "The Ion's light is 40 % brighter than the Frost's."),
    ("tents", "Carry the poles, and you are even after 12 km with the Vidda."),
]


@cache
def run_of(name: str) -> Trajectory:
    return runs()[name]


@pytest.mark.parametrize(("name", "marked"), SENTENCES)
def test_a_claim_is_found_and_judged(name: str, marked: str) -> None:
    text = re.sub(r"\{[-+?]([^}]*)\}", r"\1", marked)
    wanted: list[tuple[str, str]] = re.findall(r"\{([-+?])([^}]*)\}", marked)
    found = claims_in(run_of(name), f"{BEFORE}{text}\n")
    for sign, words in wanted:
        start = len(BEFORE) + text.index(words)
        own = [c for c in found if c.start < start + len(words) and start < c.end]
        assert {c.status for c in own} == {STATUSES[sign]}, (words, found)


@pytest.mark.parametrize(("name", "text"), HONEST)
def test_true_words_are_never_struck_out(name: str, text: str) -> None:
    found = claims_in(run_of(name), f"{BEFORE}{text}\n")
    assert not [c for c in found if c.status == "contradicted"]


@pytest.mark.parametrize(
    "text",
    [
        "Comfort is personal; try them for an evening.",
        "You wanted at least 30 hours and no more than £150.",
        "Anything below 60 dB is quiet.",
        "The Nocturne 550 and the Vox 790 are the ones to hear.",
        "1. First decide where they will be used.",
        "The site was read on 2026-03-14.",
        "The price is [p1.price], the rating [p1.rating] of 5.",
        'An owner says [r1 "The battery lasts the whole week."]',
        "The Sennholt does not state its codec; that could not be verified.",
    ],
)
def test_what_states_nothing_is_no_claim(text: str) -> None:
    assert claims_in(run_of("headphones"), f"{BEFORE}{text}\n") == ()


def test_offsets_are_those_of_the_markup_as_given() -> None:
    markup = (
        "Intro \ue000 here.\n\n## Recommendation\n1. **[p1]** at [p1.price]\n   - weighs 300 g\n"
    )
    (claim,) = claims_in(run_of("headphones"), markup)
    assert markup[claim.start : claim.end] == claim.text == "300 g"
    assert (claim.status, claim.evidence) == ("contradicted", ("p1",))


def test_the_message_names_the_mark_that_renders_the_value() -> None:
    (claim,) = claims_in(run_of("headphones"), "[p1] costs £120.\n")
    assert "[p1.price]" in claim.message
    assert claim.stated == "£129.99"


def test_lines_below_an_item_speak_of_the_product_that_leads_it() -> None:
    markup = (
        "## Recommendation\n1. [p1]\n   - 35 h, 254 g\n2. [p2]\n   - 35 h\n\nFor 20 euros more.\n"
    )
    found = claims_in(run_of("headphones"), markup)
    assert [(c.text, c.status) for c in found] == [
        ("35 h", "supported"),
        ("254 g", "supported"),
        ("35 h", "contradicted"),
    ]


def test_a_cell_speaks_of_the_product_of_its_column() -> None:
    markup = "| need | [p1] | [p2] |\n|---|---|---|\n| weight | 254 g | 254 g |\n"
    found = claims_in(run_of("headphones"), markup)
    assert [(c.text, c.status) for c in found] == [
        ("254 g", "supported"),
        ("254 g", "contradicted"),
    ]


def test_all_of_them_are_those_that_the_report_recommends() -> None:
    chosen = (
        "## Recommendation\n1. [p1]\n2. [p2]\n\n## Trade-offs\n- [p1] is the cheapest of them\n"
    )
    found = claims_in(run_of("headphones"), chosen)
    assert [(c.kind, c.status) for c in found] == [("superlative", "supported")]
    (claim,) = claims_in(run_of("headphones"), chosen.replace("2. [p2]", "2. [p3]"))
    assert claim.status == "contradicted"


def test_a_report_without_evidence_claims_nothing_that_could_be_held_against_it() -> None:
    nothing = Trajectory(events=run_of("headphones").events[:2])
    assert claims_in(nothing, "The best costs £12 and weighs 3 kg.\n") == ()
