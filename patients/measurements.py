"""Which measurements a record can hold, in which unit, and between which values they can be true at all. Pure.

The limits catch a slip of the decimal point or of the unit; they say nothing of health.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Kind:
    """A measurement: its unit, the values it can have, or the words."""

    unit: str = ""
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)
    words: tuple[str, ...] = ()

    def problem(self, value: object) -> str:
        """Return why a value cannot be stored: `number`, `limits`, `words`; or nothing."""
        if self.words:
            return "" if value in self.words else "words"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "number"
        return "" if self.low <= Decimal(repr(value)) <= self.high else "limits"

    def stored(self, value: int | float | str) -> int | str:
        """Return the value as it is stored: words, or thousandths of the unit."""
        return value if isinstance(value, str) else round(Decimal(repr(value)) * 1000)


def _number(unit: str, low: str, high: str) -> Kind:
    return Kind(unit, Decimal(low), Decimal(high))


_SIGN = ("positive", "negative")
KINDS: dict[str, Kind] = {
    "weight_kg": _number("kg", "0.3", "400"),
    "height_cm": _number("cm", "20", "250"),
    "temperature_c": _number("°C", "25", "45"),
    "systolic_mmhg": _number("mmHg", "30", "320"),
    "diastolic_mmhg": _number("mmHg", "10", "220"),
    "pulse_per_min": _number("/min", "15", "320"),
    "heart_rate_min": _number("/min", "15", "320"),
    "respiratory_rate_per_min": _number("/min", "3", "150"),
    "oxygen_saturation_percent": _number("%", "20", "100"),
    "spo2_percent": _number("%", "20", "100"),
    "glucose_mmol_l": _number("mmol/L", "0.3", "80"),
    "muac_mm": _number("mm", "50", "600"),
    "head_circumference_cm": _number("cm", "15", "70"),
    "potassium_mmol_l": _number("mmol/L", "0.5", "15"),
    "sodium_mmol_l": _number("mmol/L", "80", "220"),
    "calcium_total_mmol_l": _number("mmol/L", "0.3", "8"),
    "magnesium_mmol_l": _number("mmol/L", "0.05", "10"),
    "phosphate_mmol_l": _number("mmol/L", "0.05", "15"),
    "creatinine_umol_l": _number("µmol/L", "5", "4000"),
    "egfr_ml_min": _number("mL/min", "0", "250"),
    "bilirubin_total_umol_l": _number("µmol/L", "0", "1500"),
    "alt_u_l": _number("U/L", "0", "30000"),
    "ast_u_l": _number("U/L", "0", "30000"),
    "ck_u_l": _number("U/L", "0", "1000000"),
    "albumin_g_l": _number("g/L", "3", "80"),
    "uric_acid_umol_l": _number("µmol/L", "0", "3000"),
    "hb_g_dl": _number("g/dL", "0.5", "30"),
    "wbc_10e9_l": _number("10⁹/L", "0", "1000"),
    "neutrophils_10e9_l": _number("10⁹/L", "0", "500"),
    "platelets_10e9_l": _number("10⁹/L", "0", "5000"),
    "cd4_cells_ul": _number("/µL", "0", "5000"),
    "inr": _number("", "0.3", "30"),
    "qtc_ms": _number("ms", "200", "900"),
    "lithium_mmol_l": _number("mmol/L", "0", "15"),
    "digoxin_ng_ml": _number("ng/mL", "0", "60"),
    "lactate_mmol_l": _number("mmol/L", "0", "50"),
    "hba1c_percent": _number("%", "2", "25"),
    "tsh_miu_l": _number("mIU/L", "0", "1000"),
    "loa_loa_mf_per_ml": _number("mf/mL", "0", "1000000"),
    "hla_b_5701": Kind(words=_SIGN),
    "hbsag": Kind(words=_SIGN),
    "hiv_test": Kind(words=_SIGN),
    "g6pd_activity": Kind(words=("deficient", "normal")),
}
