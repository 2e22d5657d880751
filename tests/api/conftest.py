from collections.abc import Callable
from typing import Any

import pytest

from tests.api.calling import Caller


@pytest.fixture
def call(cast: Any) -> Callable[[str], Caller]:
    """A caller for somebody of the cast, signed in with their password."""
    return lambda who, **values: Caller.signed_in(getattr(cast, who).user.username, **values)
