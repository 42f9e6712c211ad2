"""Calls to the outside that were not let out, told to whoever keeps the log: many of them are somebody who tries a
stolen password, or a permission that is missing. The number stays out of it; history has the call."""

import logging

from ami.conversation import Conversation, StepKind

log = logging.getLogger(__name__)


def tell_denials(conversation: Conversation) -> None:
    for step in conversation.steps:
        if step.kind == StepKind.NOT_LET_OUT:
            told = {"phone": step.data["by"], "reason": step.data["reason"], "call": str(conversation.id)}
            log.warning("a call to the outside was not let out", extra=told)
