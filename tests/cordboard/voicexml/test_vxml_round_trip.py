"""Flows written as VoiceXML and read again: what callers meet in both."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from xml.etree import ElementTree

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cordboard.voicexml.reading import read_voicexml
from cordboard.voicexml.surroundings import Surroundings
from cordboard.voicexml.writing import write_voicexml
from kit.flow_trial import answering, simulated
from kit.random_flows import random_caller, random_lengths
from kit.vxml_flows import expressible_flow, flow_again
from kit.vxml_structure import faults_in

BEGINS = datetime(2026, 11, 23, 10, tzinfo=UTC)
CALLERS = 4
SAME = ("sounds", "answers", "end", "clock", "variables", "given", "wanted")


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.randoms(use_true_random=False))
def test_what_is_written_and_read_again_is_the_same_to_callers(random: Random) -> None:
    flow, start = expressible_flow(random)
    language = random.choice(("fr", "en", "pt_BR", "de"))
    written = write_voicexml(flow, Surroundings({start: language}, {"closed": {flow.language: ("c",)}}))
    assert faults_in(ElementTree.fromstring(written.text)) == []
    assume(not written.losses)
    understood = read_voicexml([("menus.vxml", written.text.encode())])
    assert understood.findings == ()
    again = flow_again(understood, flow.language)
    spoken = next(iter(understood.starts.values())).get("language", flow.language)
    lengths = random_lengths(random, "abcde")

    def length(sound: str, of: str) -> float | None:
        return lengths[sound]

    for _ in range(CALLERS):
        if random.random() < 0.5:
            plan = answering(random, flow, start, language, length, BEGINS, thinks=0.25)
        else:
            plan = random_caller(random)
        before = simulated(flow, start, language, plan, length, BEGINS)
        after = simulated(again, "did.main", spoken, plan, length, BEGINS)
        if before.end[0] == "fallback":
            continue  # a caller who goes round in circles is given up after so many steps, and forms take none
        assert {name: getattr(after, name) for name in SAME} == {name: getattr(before, name) for name in SAME}
        assert before.end[0] == "hangup" or after.language == before.language
