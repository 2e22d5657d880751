"""Why money is refused. Each has a stable code; pages say it in words."""


class BillingError(Exception):
    """Something about money is not possible now. `code` says what."""

    code = "billing"

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
