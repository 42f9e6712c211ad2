"""The smallest company that callers come to: one number, one menu, one key."""

FILE = """\
cordboard: 1
company: {id: COMPANY, name: Acme, language: en, country: GB, time_zone: Europe/London}
messages: {busy: {en: BUSY}}
prompts: {welcome: {en: WELCOME}}
menus:
  main:
    name: Main
    prompt: welcome
    keys: {"1": {message: busy}}
    no_input: {tries: 2, then: {message: busy}}
    wrong_input: {tries: 3, then: {message: busy}}
dids: {"+442071234567": {id: main, name: Main, target: {menu: main}}}
"""


def one_menu(welcome: str, busy: str = "[vm-goodbye]", company: str = "acme") -> str:
    """Its file. `welcome` is what its menu plays, `busy` its message, as YAML has it: `[hello]`, `{say: "Hello."}`."""
    return FILE.replace("WELCOME", welcome).replace("BUSY", busy).replace("COMPANY", company)
