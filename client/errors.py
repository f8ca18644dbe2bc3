"""What can go wrong in a research run, said for the person who started it."""

# ClientError            anything a user can mend; its text says how
# ├── BadQuestion        empty, far too long, or no words at all
# ├── ToolsUnavailable   no session with a tool server
# ├── BadRun             a run folder that is taken, in use, missing or unreadable
# ├── Diverged           a replayed run comes out another than its record
# ├── ModelFailed        the model did not answer, after retries
# └── Interrupted        stopped by the user; what was done is kept


class ClientError(Exception):
    """Something a user can mend. The text says what to do."""


class BadQuestion(ClientError): ...


class ToolsUnavailable(ClientError): ...


class BadRun(ClientError): ...


class Diverged(ClientError): ...


class ModelFailed(ClientError): ...


class Interrupted(ClientError): ...
