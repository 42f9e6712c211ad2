"""From a switch's view to the text of its configuration files."""

from __future__ import annotations

from dialplan_templates.views import SwitchView


def render(view: SwitchView) -> dict[str, str]:
    """File name -> text of every file of this generation.

    OWNED: a whole `/etc/asterisk` (`asterisk.conf`, `modules.conf`, `extensions.conf`, `contexts-gN.conf`,
    `queues.conf`, `pjsip.conf`, ...). INCLUDED: `contexts-gN.conf` and `cordboard_*.conf` (extensions, queues,
    queuerules, pjsip, voicemail, musiconhold, manager). Raises ViewRefused with every problem at once.
    """
    raise NotImplementedError


def lines_to_add(view: SwitchView) -> dict[str, str]:
    """INCLUDED mode: file of the existing Asterisk -> the lines its owner adds to it once."""
    raise NotImplementedError
