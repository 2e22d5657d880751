"""What phones change: confirmations, requests to the desk, opt-outs, reminders, PINs."""

from phone.actions.desk import (
    ask_call_back,
    ask_to_cancel,
    ask_to_move,
    confirm,
    finish_desk_item,
)
from phone.actions.incoming import handle_incoming, opt_phone_out, take_incoming
from phone.actions.money import pay
from phone.actions.pins import BadPinError, check_code, check_pin, send_code, set_pin
from phone.actions.reminders import (
    NothingToRemindError,
    remind_of_doses,
    start_doses,
    stop_doses,
    write_reminders,
)

__all__ = [
    "BadPinError", "NothingToRemindError", "ask_call_back", "ask_to_cancel", "ask_to_move", "check_code", "check_pin",
    "confirm", "finish_desk_item", "handle_incoming", "opt_phone_out", "pay", "remind_of_doses", "send_code", "set_pin",
    "start_doses", "stop_doses", "take_incoming", "write_reminders",
]  # fmt: skip
