"""`barge_in: false` of a prompt: from the company file to the flow and the compiled menus of its calls, and back."""

from datetime import date

from agi.flow.document import Flow
from cordboard.documents import export_company, flow_of, read_company
from cordboard.provisioning.compiled import compiled
from cordboard.store.values import Company
from dialplan_templates.views import CollectView
from kit import acme

TODAY = date(2026, 11, 22)
FILE = """\
cordboard: 1
company: {id: acme, name: Acme, language: en, country: FR, time_zone: Europe/Paris}
prompts:
  terms: {barge_in: false, en: [terms], fr: [terms]}
  welcome: {barge_in: true, en: [hello]}
  sorry: {en: [sorry]}
messages: {bye: {en: [bye]}}
menus:
  plain:
    name: Plain
    prompt: welcome
    keys: {"1": {menu: bound}, "2": {step: number}}
    no_input: {tries: 2, prompt: sorry, then: {message: bye}}
    wrong_input: {tries: 2, prompt: terms, then: {message: bye}}
  bound:
    name: Bound
    prompt: terms
    keys: {"1": back}
    no_input: {tries: 2, prompt: sorry, then: {message: bye}}
    wrong_input: {tries: 2, then: {message: bye}}
steps:
  number:
    kind: collect
    prompt: welcome
    into: number
    confirm: terms
    then: {message: bye}
    no_input: {tries: 2, prompt: sorry, then: {message: bye}}
    wrong_input: {tries: 2, prompt: terms, then: {message: bye}}
dids: {"+33199000001": {id: main, name: Main, target: {menu: plain}}}
"""


def read() -> Company:
    return read_company(FILE, today=TODAY).accepted()


def flow() -> Flow:
    return flow_of(read(), TODAY)


def test_the_flow_knows_it() -> None:
    assert flow().heard_out == {"terms"}
    assert [flow().lets_stop(*prompts) for prompts in (["welcome", None], ["terms"], ["sorry", "terms"])] == [
        True,
        False,
        False,
    ]


def test_an_export_says_it_where_it_is_so() -> None:
    written = export_company(read())
    assert written.count("barge_in: false") == 1
    assert read_company(written, today=TODAY).accepted() == read()


def test_the_compiled_menus_let_keys_stop_the_same() -> None:
    (view,) = compiled([acme.tenant(read(), flow())], acme.placement(), 1).companies
    stops = {menu.id: (menu.barge_in, menu.no_input.barge_in, menu.wrong_input.barge_in) for menu in view.menus}
    assert stops == {"plain": (True, True, False), "bound": (False, False, False)}
    (step,) = view.steps
    assert isinstance(step, CollectView)
    assert (step.barge_in, step.confirm_barge_in) == (True, False)
    assert (step.no_input.barge_in, step.wrong_input.barge_in) == (True, False)
