"""Vital signs with figures: ordinary ones say nothing, the others say what they mean."""

import pytest

from pharmacy.safety.knowledge import load


@pytest.mark.parametrize(
    "text",
    [
        "TA 115/70",
        "TA: 12/8",
        "pouls 82",
        "FC 76/min",
        "T° 37,2",
        "température à 36.8 °C",
        "SpO2 98 %",
        "poids 62 kg",
        "bien hydraté",
        "né à terme",
        "diurèse et réflexes normaux",
        "non fumeuse",
        "diurèse conservée",
        "G6PD non dosée",
        "G6PD unknown",
        "vaccins à jour",
    ],
)
def test_ordinary_findings_say_nothing(text):
    reading = load().reader.read(text)
    assert (reading.facts, reading.unknown) == ([], [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("TA 190/100", "I10.1"), ("TA 16/9", "I10"), ("BP 150/95", "I10"), ("TA 80/50", "I95"),
        ("T° 39,4", "R50"), ("asthme, TA 115/70", "J45"), ("TA 12/8 diabète", "E14"), ("G6PD", "D55"),
    ],
)  # fmt: skip
def test_figures_out_of_the_ordinary_and_what_stands_beside_are_read(text, code):
    assert any(
        found.startswith(code) and status == "active"
        for found, status in load().reader.read(text).facts
    )


@pytest.mark.parametrize("text", ["pouls 38", "SpO2 82 %", "FR 44/min", "TA 70/115", "IMC 14"])
def test_what_is_not_known_to_be_harmless_is_not_swallowed(text):
    reading = load().reader.read(text)
    assert reading.unknown or reading.facts


def test_texts_without_vital_signs_stay_as_they_are():
    for text in (
        "VIH stade 3",
        "grossesse de 24 SA",
        "FA",
        "drépanocytose SS",
        "PA",
        "T3 de grossesse",
    ):
        assert load().reader.writing.in_words(text) == text
