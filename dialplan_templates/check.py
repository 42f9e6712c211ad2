"""Everything that keeps a view from being written, found before anything is written.

Three questions: can each value be written (escaping.py knows), does each reference lead somewhere, and would two
objects meet under one name in Asterisk, which ignores hyphens between extensions and cuts long names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from dialplan_templates import escaping
from dialplan_templates.errors import Problem, Unwritable
from dialplan_templates.escaping import NAME_BYTES
from dialplan_templates.names import MOVES, Names, located_targets
from dialplan_templates.views import (
    AnswerView,
    AssignView,
    CollectView,
    CompanyView,
    ConditionView,
    ConferenceView,
    ExternalView,
    HoursView,
    LookupView,
    ManagerAccount,
    MenuView,
    Mode,
    OutgoingView,
    PermissionView,
    QueueView,
    RecordCallView,
    RecordView,
    RouteCaseView,
    RouteView,
    SayView,
    Sounds,
    StepView,
    Strategy,
    SwitchView,
    TargetKind,
    TargetView,
    TrunkView,
    window,
)

RESERVED_COMPANIES = frozenset({"cordboard", "default", "general", "global", "globals", "imapsecret", "zonemessages"})
"""Words that a section of some file, or a context of ours, is already called."""
PARKING_SLOTS = range(701, 721)
OWN_NUMBERS = frozenset({"*98", "*43", "*44", *(f"*{slot}" for slot in PARKING_SLOTS)})
"""Numbers that every phone can dial: own voicemail, echo, tone, and each parked caller."""

_MOST_SECONDS = 86_400
_MOST_DIGITS = 40


def problems(view: SwitchView) -> list[Problem]:
    """Every reason why this view cannot be rendered; none means that it can."""
    checker = _Checker(view)
    checker.switch()
    for company in view.companies:
        checker.company(company)
    checker.meetings()
    return checker.found


class _Checker:
    def __init__(self, view: SwitchView) -> None:
        self.view = view
        self.found: list[Problem] = []
        self.names = Names(view.generation)
        # (space of names, name as Asterisk compares it) -> where it is defined
        self.defined: defaultdict[tuple[str, str], list[str]] = defaultdict(list)

    def note(self, where: str, what: str, cure: str, *, is_between_things: bool = False) -> None:
        # Ids stand in `where`, and one that was refused can hold anything: newlines, escapes, 64 kB.
        shown = where if where.isascii() and where.isprintable() else ascii(where)
        self.found.append(Problem(shown if len(shown) <= 200 else shown[:200] + "...", what, cure, is_between_things))

    def value(self, where: str, encode: Callable[[object], object], value: object) -> bool:
        """Can it be written?"""
        try:
            encode(value)
        except Unwritable as unwritable:
            self.note(where, unwritable.what, unwritable.cure)
            return False
        return True

    def number(self, where: str, value: object, low: int, high: int) -> None:
        if type(value) is not int or not low <= value <= high:
            self.note(where, "is out of range", f"Write a whole number from {low} to {high}")

    # --- the switch ---------------------------------------------------------------------------------------------------

    def switch(self) -> None:
        view, net = self.view, self.view.network
        self.number("generation", view.generation, 0, 999_999_999)
        self.value("systemname", escaping.node_name, view.systemname)
        self.value("tone_zone", escaping.tone_zone, view.tone_zone)
        if view.opus_module is not None:
            self.value("opus_module", escaping.module_name, view.opus_module)
        folders = ("etc",) if view.mode is Mode.INCLUDED else tuple(view.directories.__slots__)
        for folder in folders:
            self.value(f"directories.{folder}", escaping.folder, getattr(view.directories, folder))
        for name in ("sip_address", "media_address", "ami_address", "agi_address"):
            self.value(f"network.{name}", escaping.address, getattr(net, name))
        for name in ("sip_port", "rtp_first", "rtp_last", "ami_port", "agi_port"):
            self.number(f"network.{name}", getattr(net, name), 1, 65_535)
        self.number("network.hearing_port", net.hearing_port, 0, 65_535)
        if net.agi_folder:
            self.value("network.agi_folder", escaping.folder, net.agi_folder)
        if net.rtp_last - net.rtp_first < 3:
            self.note("network.rtp_last", "leaves no room for a call", "Leave 4 ports a call")
        for name in ("menu_guard_seconds", "route_guard_seconds"):
            self.number(f"network.{name}", getattr(net, name), 1, 60)
        self.account("run_account", view.run_account)
        self.account("deploy_account", view.deploy_account)
        if view.run_account.username == view.deploy_account.username:
            self.note("deploy_account.username", "is the run account's", "Give each account a name of its own")
        numbers = [self.view.generation]
        for position, kept in enumerate(view.kept):
            where = f"kept.{position}"
            self.value(f"{where}.path", escaping.folder, kept.path)
            if kept.number in numbers:
                self.note(f"{where}.number", "is a generation named already", "Keep each generation once")
            numbers.append(kept.number)

    def account(self, where: str, account: ManagerAccount) -> None:
        if self.value(f"{where}.username", escaping.account_name, account.username) and account.username == "general":
            self.note(f"{where}.username", "is a word of manager.conf", "Choose another name")
        self.value(f"{where}.secret", escaping.secret, account.secret)
        if not account.permit:
            self.note(f"{where}.permit", "is empty, so nobody could log in", "Name at least one network")
        for position, network in enumerate(account.permit):
            self.value(f"{where}.permit.{position}", escaping.network, network)

    # --- a company ----------------------------------------------------------------------------------------------------

    def company(self, company: CompanyView) -> None:
        place = f"companies.{company.id}"
        if not self.value(f"{place}.id", escaping.company_id, company.id):
            return
        if company.id in RESERVED_COMPANIES:
            self.note(f"{place}.id", "is a word of Asterisk's own files", "Choose another id")
        self.define(f"{place}.id", "company", company.id)
        self.value(f"{place}.language", escaping.language, company.language)
        for phone in company.phones:
            where = f"{place}.phones.{phone.id}"
            self.item(where, company, phone.id, "endpoint", "person")
            self.value(f"{where}.name", escaping.caller_name, phone.name)
            self.dialled(f"{where}.number", company, phone.number)
            self.value(f"{where}.secret", escaping.secret, phone.secret)
            self.value(f"{where}.language", escaping.language, phone.language)
            self.number(f"{where}.ring_seconds", phone.ring_seconds, 1, 600)
            if phone.mailbox is not None:
                self.refers(f"{where}.mailbox", phone.mailbox, company.voicemails, "voicemail box")
            if company.outgoing is not None:
                self.value(f"{where}.shows", escaping.e164, phone.shows)
                if phone.permission is not None:
                    permissions = company.outgoing.permissions
                    self.refers(f"{where}.permission", phone.permission, permissions, "permission")
        for box in company.voicemails:
            where = f"{place}.voicemails.{box.id}"
            self.item(where, company, box.id, "voicemail")
            self.value(f"{where}.name", escaping.mailbox_name, box.name)
            self.value(f"{where}.pin", escaping.pin, box.pin)
            if box.email:
                self.value(f"{where}.email", escaping.mail_address, box.email)
            if box.language is not None:
                self.value(f"{where}.language", escaping.language, box.language)
        for conference in company.conferences:
            self.conference(f"{place}.conferences.{conference.id}", company, conference)
        for queue in company.queues:
            self.queue(f"{place}.queues.{queue.id}", company, queue)
        for music in company.musics:
            where = f"{place}.musics.{music.id}"
            self.item(where, company, music.id, "music")
            self.value(f"{where}.directory", escaping.music_folder, music.directory)
        for did in company.dids:
            where = f"{place}.dids.{did.id}"
            self.item(where, company, did.id, "did")
            if self.value(f"{where}.number", escaping.e164, did.number):
                self.define(f"{where}.number", "did number", did.number)
            self.value(f"{where}.language", escaping.language, did.language)
        for hours in company.hours:
            self.hours(f"{place}.hours.{hours.id}", company, hours)
        for menu in company.menus:
            self.menu(f"{place}.menus.{menu.id}", company, menu)
        for step in company.steps:
            self.step(f"{place}.steps.{step.id}", company, step)
        for position, number in enumerate(company.outside):
            self.outside(f"{place}.outside.{position}", company, number)
        for play in company.plays:
            where = f"{place}.plays.{play.id}"
            self.item(where, company, play.id, "play", encode=escaping.node_id)
            self.sounds(f"{where}.sounds", play.sounds)
        for message in company.messages:
            where = f"{place}.messages.{message.id}"
            self.item(where, company, message.id, "message")
            self.sounds(f"{where}.sounds", message.sounds)
        for trunk in company.trunks:
            self.trunk(f"{place}.trunks.{trunk.id}", company, trunk)
        if company.outgoing is not None:
            self.outgoing(f"{place}.outgoing", company, company.outgoing)
        for position, blocked in enumerate(company.blocked):
            where = f"{place}.blocked.{position}"
            if self.value(f"{where}.number", escaping.caller_number, blocked.number):
                kind = "prefix" if blocked.is_prefix else "number"
                self.define(f"{where}.number", f"blocked {kind} of {company.id}", blocked.number.removeprefix("+"))
            if blocked.message is not None:
                self.refers(f"{where}.message", blocked.message, company.messages, "message")
        for where, target in located_targets(company):
            is_in_flow = where.startswith(("menus.", "steps.", "hours.", "plays."))
            self.target(f"{place}.{where}", company, target, is_in_flow=is_in_flow)
        self.circles(place, company)

    def conference(self, where: str, company: CompanyView, conference: ConferenceView) -> None:
        self.item(where, company, conference.id, "conference")
        if conference.number is not None:
            self.dialled(f"{where}.number", company, conference.number)
        self.number(f"{where}.most_members", conference.most_members, 2, 1000)
        self.value(f"{where}.guest_pin", escaping.pin, conference.guest_pin)
        self.value(f"{where}.host_pin", escaping.pin, conference.host_pin)
        if conference.guest_pin and conference.guest_pin == conference.host_pin:
            what = "has the same PIN for guests and for hosts: nobody could come in as a guest"
            self.note(where, what, "Give the hosts another PIN")

    def queue(self, where: str, company: CompanyView, queue: QueueView) -> None:
        self.item(where, company, queue.id, "queue")
        if queue.number is not None:
            self.dialled(f"{where}.number", company, queue.number)
        self.number(f"{where}.ring_seconds", queue.ring_seconds, 1, 600)
        self.number(f"{where}.wrap_up_seconds", queue.wrap_up_seconds, 0, 3600)
        self.number(f"{where}.max_waiting", queue.max_waiting, 0, 10_000)
        self.number(f"{where}.max_wait_seconds", queue.max_wait_seconds, 1, _MOST_SECONDS)
        self.number(f"{where}.priority", queue.priority, 0, 1000)
        if queue.strategy not in [*Strategy]:
            self.note(f"{where}.strategy", "is not a strategy", f"Use one of {', '.join(Strategy)}")
        for position, after in enumerate(queue.relax_after):
            self.number(f"{where}.relax_after.{position}", after, 1, _MOST_SECONDS)
        if list(queue.relax_after) != sorted(set(queue.relax_after)):
            self.note(f"{where}.relax_after", "does not grow", "Write each step later than the one before")
        if window(len(queue.relax_after)) > 9999:
            self.note(f"{where}.relax_after", "has too many steps", "Write at most 98")
        if queue.music is not None:
            self.refers(f"{where}.music", queue.music, company.musics, "music")

    def hours(self, where: str, company: CompanyView, hours: HoursView) -> None:
        self.item(where, company, hours.id, "hours", encode=escaping.node_id)
        self.value(f"{where}.time_zone", escaping.time_zone, hours.time_zone)
        for position, interval in enumerate(hours.weekly):
            if not interval.days or not interval.days <= frozenset(range(7)):
                self.note(f"{where}.weekly.{position}.days", "are not weekdays", "Write some of 0 (Monday) to 6")
            if not 0 <= interval.opens < interval.closes <= 1440:
                self.note(
                    f"{where}.weekly.{position}", "does not end after it begins", "Split what goes past midnight in two"
                )

    def menu(self, where: str, company: CompanyView, menu: MenuView) -> None:
        self.item(where, company, menu.id, "menu", encode=escaping.node_id)
        self.number(f"{where}.version", menu.version, 0, 999_999_999)
        self.sounds(f"{where}.prompt", menu.prompt)
        if menu.language is not None:
            self.value(f"{where}.language", escaping.language, menu.language)
        for position, language in enumerate(menu.heard_in):
            self.value(f"{where}.heard_in.{position}", escaping.language, language)
        for key in menu.keys:
            if self.value(f"{where}.keys.{key.keys}", escaping.extension, key.keys):
                self.define(f"{where}.keys.{key.keys}", f"key of {company.id} {menu.id}", key.keys)
        self.asking(where, menu)

    def step(self, where: str, company: CompanyView, step: StepView) -> None:
        self.item(where, company, step.id, "menu", encode=escaping.node_id)
        match step:
            case CollectView():
                self.collect(where, step)
            case AssignView():
                for name, value in step.values:
                    self.value(f"{where}.values.{name}", escaping.variable, name)
                    self.value(f"{where}.values.{name}", escaping.value, value)
            case ConditionView():
                self.value(f"{where}.variable", escaping.variable, step.variable)
                for position, case in enumerate(step.cases):
                    for value in (*case.values, *case.prefixes):
                        self.value(f"{where}.cases.{position}", escaping.value, value)
            case SayView():
                self.say(where, step)
            case RouteView():
                self.urgency(where, step)
                for position, route in enumerate(step.cases):
                    self.urgency(f"{where}.cases.{position}", route)
                    for test in route.tests:
                        self.value(f"{where}.cases.{position}", escaping.variable, test.variable)
                        for value in (*test.values, *test.prefixes):
                            self.value(f"{where}.cases.{position}.{test.variable}", escaping.value, value)
            case ExternalView():
                self.number(f"{where}.ring_seconds", step.ring_seconds, 1, 600)
                self.outside(f"{where}.number", company, step.number)
            case AnswerView():
                self.sounds(f"{where}.prompt", step.prompt)
            case RecordCallView():
                self.sounds(f"{where}.announcement", step.announcement)
            case RecordView():
                self.record(where, step)
            case LookupView():
                for variable in step.variables:
                    self.value(f"{where}.variables", escaping.variable, variable)

    def urgency(self, where: str, route: RouteView | RouteCaseView) -> None:
        if route.priority is not None:
            self.number(f"{where}.priority", route.priority, 0, 100)

    def collect(self, where: str, collect: CollectView) -> None:
        self.number(f"{where}.version", collect.version, 0, 999_999_999)
        self.sounds(f"{where}.prompt", collect.prompt)
        self.value(f"{where}.variable", escaping.variable, collect.variable)
        self.number(f"{where}.least", collect.least, 1, _MOST_DIGITS)
        self.number(f"{where}.most", collect.most, 1, _MOST_DIGITS)
        self.value(f"{where}.end", escaping.end_key, collect.end)
        for position, shape in enumerate(collect.shapes):
            self.value(f"{where}.shapes.{position}", escaping.shape, shape)
        self.sounds(f"{where}.confirm", collect.confirm or {})
        self.asking(where, collect)

    def record(self, where: str, record: RecordView) -> None:
        self.sounds(f"{where}.prompt", record.prompt)
        self.sounds(f"{where}.review", record.review or {})
        self.sounds(f"{where}.no_input.prompt", record.no_input.prompt)
        self.value(f"{where}.variable", escaping.variable, record.variable)
        self.number(f"{where}.no_input.tries", record.no_input.tries, 1, 9)
        self.number(f"{where}.longest_seconds", record.longest_seconds, 2, 1800)
        self.number(f"{where}.silence_seconds", record.silence_seconds, 1, 30)
        if record.end not in ("#", "*", "any", ""):
            self.note(f"{where}.end", "ends no recording", 'Write "#", "*", any, or nothing')

    def say(self, where: str, say: SayView) -> None:
        self.value(f"{where}.variable", escaping.variable, say.variable)
        self.value(f"{where}.time_zone", escaping.time_zone, say.time_zone)
        for name, sounds in (("unit", say.unit), ("cents", say.cents)):
            self.sounds(f"{where}.{name}", sounds)
        for language, form in say.forms:
            self.value(f"{where}.forms.{language}", escaping.moment_form, form)
            if language:
                self.value(f"{where}.forms.{language}", escaping.language, language)

    def asking(self, where: str, asking: MenuView | CollectView) -> None:
        self.value(f"{where}.first_digit_seconds", escaping.seconds, asking.first_digit_seconds)
        self.value(f"{where}.inter_digit_seconds", escaping.seconds, asking.inter_digit_seconds)
        for name, retry in (("no_input", asking.no_input), ("wrong_input", asking.wrong_input)):
            self.number(f"{where}.{name}.tries", retry.tries, 1, 9)
            self.sounds(f"{where}.{name}.prompt", retry.prompt)

    def trunk(self, where: str, company: CompanyView, trunk: TrunkView) -> None:
        self.item(where, company, trunk.id, "endpoint")
        if not (trunk.match or trunk.match_header or trunk.contact):
            self.note(where, "is known by nothing and dials nowhere", "Name its addresses, its header or its contact")
        for position, match in enumerate(trunk.match):
            self.value(f"{where}.match.{position}", escaping.network, match)
        if trunk.match_header is not None:
            self.value(f"{where}.match_header.0", escaping.header_name, trunk.match_header[0])
            self.value(f"{where}.match_header.1", escaping.header_value, trunk.match_header[1])
        if trunk.contact is not None:
            self.value(f"{where}.contact", escaping.sip_uri, trunk.contact)
        if trunk.shows is not None:
            self.value(f"{where}.shows", escaping.e164, trunk.shows)
        if trunk.is_peer and not trunk.match:
            self.note(where, "is believed without an address that only it has", "Name its addresses")

    def outgoing(self, where: str, company: CompanyView, outgoing: OutgoingView) -> None:
        self.value(f"{where}.prefix", escaping.dial_prefix, outgoing.prefix)
        self.number(f"{where}.most_calls", outgoing.most_calls, 1, 10_000)
        for position, dialled in enumerate(outgoing.dialled):
            self.value(f"{where}.dialled.{position}", escaping.dial_pattern, dialled.pattern)
            self.value(f"{where}.dialled.{position}", escaping.dial_prefix, dialled.put)
            self.number(f"{where}.dialled.{position}", dialled.stripped, 0, 10)
        for name, patterns in (("short", outgoing.short), ("help", outgoing.help)):
            for position, pattern in enumerate(patterns):
                self.value(f"{where}.{name}.{position}", escaping.dial_pattern, pattern)
        for position, trunk in enumerate(outgoing.trunks):
            self.refers(f"{where}.trunks.{position}", trunk, company.trunks, "trunk")
            if any(each.id == trunk and not each.contact for each in company.trunks):
                cure = "Give it a contact, or take it out here"
                self.note(f"{where}.trunks.{position}", "does not dial", cure, is_between_things=True)
        if not outgoing.trunks:
            self.note(f"{where}.trunks", "is empty, so nobody could dial out", "Name at least one trunk")
        for permission in outgoing.permissions:
            self.permission(f"{where}.permissions.{permission.id}", company, permission)

    def permission(self, where: str, company: CompanyView, permission: PermissionView) -> None:
        if self.value(f"{where}.id", escaping.slug, permission.id):
            name = self.names.never(company, permission.id)
            if len(name) > NAME_BYTES:
                what = "makes a name that Asterisk would cut"
                self.note(f"{where}.id", what, f"Shorten it by {len(name) - NAME_BYTES}")
            self.define(f"{where}.id", "permission", f"{company.id}-{permission.id}")
        for position, pattern in enumerate(permission.numbers):
            self.value(f"{where}.numbers.{position}", escaping.dial_pattern, pattern)
        for key, prefixes in (("prefixes", permission.prefixes), ("never", permission.never)):
            for position, prefix in enumerate(prefixes):
                self.value(f"{where}.{key}.{position}", escaping.number_prefix, prefix)
        self.number(f"{where}.most_calls", permission.most_calls, 1, 1000)
        self.number(f"{where}.longest_seconds", permission.longest_seconds, 0, _MOST_SECONDS)

    # --- parts of things ----------------------------------------------------------------------------------------------

    def item(
        self,
        where: str,
        company: CompanyView,
        item: str,
        *spaces: str,
        encode: Callable[[object], object] = escaping.slug,
    ) -> None:
        """Its id can be written, its longest name is not cut, and it is noted for `meetings`."""
        if not self.value(f"{where}.id", encode, item):
            return
        # -20261224 behind an extension is the longest tail that hours get; a menu is a context of its own.
        name = self.names.menu(company, item) if "menu" in spaces else f"{company.id}-{item}-20261224"
        if len(name) > NAME_BYTES:
            self.note(f"{where}.id", "makes a name that Asterisk would cut", f"Shorten it by {len(name) - NAME_BYTES}")
        for space in spaces:
            self.define(f"{where}.id", space, f"{company.id}-{item}")

    def dialled(self, where: str, company: CompanyView, number: str) -> None:
        if not self.value(where, escaping.extension, number):
            return
        if number in OWN_NUMBERS:
            self.note(where, "is a number that every phone has", "Choose another number", is_between_things=True)
        self.define(where, f"number of {company.id}", number)

    def sounds(self, where: str, sounds: Sounds) -> None:
        for language, names in sounds.items():
            self.value(f"{where}.{language}", escaping.language, language)
            for position, sound in enumerate(names):
                self.value(f"{where}.{language}.{position}", escaping.sound, sound)

    def refers(self, where: str, item: str, items: Iterable[object], kind: str) -> None:
        if not any(getattr(known, "id", None) == item for known in items):
            what = f"names a {kind} that the company does not have"
            self.note(where, what, f"Name one of its {kind}s", is_between_things=True)

    def target(self, where: str, company: CompanyView, target: TargetView, *, is_in_flow: bool) -> None:
        if target.language is not None:
            self.value(f"{where}.language", escaping.language, target.language)
        known = {
            TargetKind.MENU: company.menus,
            TargetKind.STEP: company.steps,
            TargetKind.HOURS: company.hours,
            TargetKind.PLAY: company.plays,
            TargetKind.QUEUE: company.queues,
            TargetKind.PERSON: company.phones,
            TargetKind.VOICEMAIL: company.voicemails,
            TargetKind.MESSAGE: company.messages,
            TargetKind.CONFERENCE: company.conferences,
        }
        if target.kind in known:
            self.refers(where, target.id, known[target.kind], str(target.kind))
        elif target.kind is TargetKind.EXTERNAL:
            self.outside(where, company, target.id)
        elif target.kind in MOVES and not is_in_flow:
            self.note(where, f"is {target.kind}, which means something inside a menu only", "Name a place")

    def outside(self, where: str, company: CompanyView, number: str) -> None:
        self.value(where, escaping.e164, number)
        if not any(trunk.contact for trunk in company.trunks):
            cure = "Give a trunk a contact, or choose another target"
            self.note(where, "leads outside, but no trunk dials", cure, is_between_things=True)

    def circles(self, place: str, company: CompanyView) -> None:
        """Ways that come back to where they began without asking the caller anything. A menu asks."""
        kinds = {
            "hours": TargetKind.HOURS,
            "plays": TargetKind.PLAY,
            "queues": TargetKind.QUEUE,
            "phones": TargetKind.PERSON,
        }
        ways: dict[tuple[TargetKind, str], list[tuple[str, tuple[TargetKind, str]]]] = {}
        for where, target in located_targets(company):
            room, _, rest = where.partition(".")
            if room in kinds:
                start = kinds[room], rest.rpartition(".")[0]
                ways.setdefault(start, []).append((where, (target.kind, target.id)))
        done: set[tuple[TargetKind, str]] = set()
        for start in ways:
            self._walk(place, ways, start, done)

    def _walk(
        self,
        place: str,
        ways: Mapping[tuple[TargetKind, str], list[tuple[str, tuple[TargetKind, str]]]],
        start: tuple[TargetKind, str],
        done: set[tuple[TargetKind, str]],
    ) -> None:
        # By hand, because a chain of queues may be longer than Python's own stack.
        on_the_way = [start]
        left = {start: iter(ways[start])}
        while on_the_way:
            here = on_the_way[-1]
            where, there = next(left[here], ("", here))
            if not where:
                done.add(on_the_way.pop())
            elif there in on_the_way:
                what, cure = "leads back to where it came from", "Let one of these lead to an end"
                self.note(f"{place}.{where}", what, cure, is_between_things=True)
            elif there in ways and there not in done:
                on_the_way.append(there)
                left[there] = iter(ways[there])

    # --- names that meet ----------------------------------------------------------------------------------------------

    def define(self, where: str, space: str, name: str) -> None:
        # Asterisk skips hyphens when it compares extensions: `a-b` and `ab` are one.
        self.defined[space, name.replace("-", "")].append(where)

    def meetings(self) -> None:
        for (space, _), places in self.defined.items():
            for where in places[1:]:
                what = f"is taken as {space} by {places[0]} (hyphens do not tell names apart)"
                self.note(where, what, "Choose another", is_between_things=True)
