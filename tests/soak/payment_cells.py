"""The cells of the payment matrix with real processes: provider × what happens, and how each must end."""

from dataclasses import dataclass
from typing import Any

PROVIDERS = ("momo", "orange", "orange-web", "mpesa")
# The step in which the process that handles the payment is killed with -9.
KILLS = {
    "killed before it is noted as sent": "noting",
    "killed before the request": "asking",
    "killed after acceptance": "accepted",
    "killed when the status came": "answered",
    "killed while booking": "booking",
    "killed after booking": "booked",
}
# The step in which that process kills the primary of the replica set, and goes on.
PRIMARY = {
    "primary killed after acceptance": "primary-accepted",
    "primary killed while booking": "primary-booking",
}
WHOLE = "whole worker killed"
PLAIN = (
    "success", "refused", "wrong PIN", "timeout then success", "no callback", "double callback", "forged callback",
    "wrong amount", "connection cut after acceptance",
)  # fmt: skip
CASES = (*PLAIN, *KILLS, WHOLE, *PRIMARY)
ENDS = {"refused": "failed", "wrong PIN": "failed", "wrong amount": "unknown"}


@dataclass(frozen=True)
class Cell:
    """One provider in one case. The amount is this cell's alone: by it the stand-in and the plan know it."""

    number: int
    provider: str
    case: str

    @property
    def amount(self) -> int:
        """Return what is asked for."""
        return 1500 + self.number

    @property
    def phone(self) -> str:
        """Return who is asked."""
        if self.provider == "mpesa":
            return f"+25471200{self.number:04d}"
        return (
            f"+23769900{self.number:04d}"
            if "orange" in self.provider
            else f"+23767700{self.number:04d}"
        )

    @property
    def step(self) -> str:
        """Return where somebody is killed, or nothing."""
        return (KILLS | PRIMARY).get(self.case, "")

    @property
    def takes_long(self) -> bool:
        """Tell whether it ends only once a payment has expired."""
        return self.case == "timeout then success" or self.ends == "unknown"

    @property
    def ends(self) -> str:
        """Return the state in which the attempt must end."""
        if self.provider == "mpesa" and self.step == "asking":
            # It stands as sent and has no reference. M-Pesa asked twice asks the patient twice: a person decides.
            return "unknown"
        return ENDS.get(self.case, "succeeded")

    @property
    def world(self) -> str:
        """Return the stand-in that plays the provider."""
        return {"momo": "momo", "mpesa": "daraja"}.get(self.provider, "orange")

    @property
    def key(self) -> str:
        """Return how the stand-in knows the payer."""
        if self.provider == "orange-web":
            return f"amount:{self.amount}"
        return self.phone.removeprefix("+237" if self.provider == "orange" else "+")

    @property
    def behaviour(self) -> dict[str, Any]:
        """Return what the stand-in does."""
        found: dict[str, Any] = {"seconds": 0.3, "notice": self._notice}
        if self.case in ("refused", "wrong PIN"):
            found["outcome"] = self.case.lower().replace(" ", "-")
        if self.case == "timeout then success":
            found["outcome"] = "never"
        if self.case == WHOLE:
            found["seconds"] = 4
        if self.case.startswith("connection cut"):
            found["answer"] = "cut"
        return found | {"amount_differs": self.case == "wrong amount"}

    @property
    def _notice(self) -> str:
        named = {
            "success": "once", "double callback": "twice", "forged callback": "forged-first",
            "wrong amount": "before" if self.provider == "mpesa" else "never", "no callback": "never",
        }.get(self.case)  # fmt: skip
        # M-Pesa's reference may be lost with the answer; only its notice then finds the attempt.
        return named or ("once" if self.provider == "mpesa" else "never")


CELLS = tuple(
    Cell(number, provider, case)
    for number, (case, provider) in enumerate((case, name) for case in CASES for name in PROVIDERS)
)
