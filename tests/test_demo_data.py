"""The demo clinic is lifelike where the health authority looks, and its day's lists stay short."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from demo.actions import load
from pharmacy.models import Prescription
from surveillance.models import Alert, Dhis2Name, ImpactWeek


def test_the_authority_has_something_to_see(db: Any) -> None:
    now = timezone.now()
    load(size=120, now=now)
    client = Client()
    client.force_login(User.objects.get(username="authority"))
    assert {alert.group for alert in Alert.objects.all()} >= {"cholera", "meningitis"}
    assert Alert.objects.filter(status="investigated").count() == 1
    assert 'class="area area-4"' in client.get(reverse("district-map")).content.decode()
    stopped = [sum(row.outcomes.values()) for row in ImpactWeek.objects.all()]
    prescribed = sum(row.prescribed for row in ImpactWeek.objects.all())
    assert 5 <= sum(stopped) < prescribed / 4
    text = client.get(reverse("impact")).content.decode()
    assert "<strong>—</strong>" not in text
    assert Dhis2Name.objects.count() > 8
    assert client.get(reverse("dhis2")).status_code == 200
    waiting = Prescription.objects.filter(
        status__in=("active", "on-hold", "draft"), authored_at__lt=now - timedelta(days=2)
    )
    assert waiting.count() <= 12
