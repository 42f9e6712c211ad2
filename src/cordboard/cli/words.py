"""The words of lists and of `top` in the language of the setting. Ids, and all JSON, stay as they are."""

from __future__ import annotations

FRENCH = {
    "queue": "file", "waiting": "en attente", "longest": "plus longue", "ready": "prêt", "busy": "occupé",
    "away": "absent", "agent": "conseiller", "state": "état", "for": "depuis", "with": "avec", "caller": "appelant",
    "number": "numéro", "where": "où", "outcome": "issue", "waited": "attente", "talked": "conversation",
    "logged_in": "connecté", "logged_out": "déconnecté", "ringing": "sonnerie",
    "inbound_call": "en communication entrante", "outbound_call": "en communication sortante", "pause": "en pause",
    "withdrawn": "en retrait", "wrap_up": "post-appel", "left": "reste", "then": "puis",
    "unreachable": "téléphone injoignable", "entering": "arrive", "menu": "menu", "routing": "aiguillage",
    "callback": "rappel demandé", "asked": "demandé", "attempts": "tentatives", "result": "résultat", "due": "prévu",
    "placed": "dans la file", "done": "rappelé", "given_up": "sans suite", "no_line": "pas de ligne",
    "agent_hung_up": "raccroché par le conseiller", "too_late": "trop tard", "not_there": "n'existe plus",
    "talking": "en conversation", "held": "en garde", "holding": "a mis en garde", "voicemail": "messagerie",
    "message": "message", "parked": "parqué", "conference": "en conférence", "spying": "écoute discrète",
    "heard by": "écouté par", "calling": "appelle", "program": "annonce", "alone": "seul",
    "consulted_about": "en consultation", "handled": "traité", "self_service": "libre-service",
    "overflowed": "débordé", "dissuaded": "dissuadé", "abandoned": "abandonné", "technical": "incident",
    "blocked": "bloqué", "answered": "répondu", "forwarded": "renvoyé", "cancelled": "annulé",
    "denied": "refusé",
    "no_answer": "sans réponse", "failed": "échoué", "completed": "terminé", "spied": "écouté", "merged": "réuni",
    "unseen": "non vu", "received": "reçus", "in_progress": "en cours", "inbound": "entrant", "outbound": "sortant",
    "internal": "interne", "originated": "composé pour lui", "unknown": "inconnu", "Queues": "Files d'attente",
    "Agents": "Conseillers", "Calls in progress": "Appels en cours", "Last outcomes": "Dernières issues",
    "Today": "Aujourd'hui", "live": "en direct", "connecting": "connexion", "unknown since": "inconnu depuis",
    "syncing": "synchronisation", "down": "perdu", "since": "depuis", "nobody": "personne", "entered": "entré",
    "way": "sens", "detail": "détail", "why": "pourquoi", "waited s": "attente s", "talked s": "conversation s",
    "lasts s": "durée s", "stage": "étape", "place": "place", "priority": "priorité", "person": "personne",
    "name": "nom", "reason": "motif", "next": "ensuite", "phone": "poste", "switch": "central", "id": "id",
    "of_all": "du total", "visits": "passages", "hung_up": "raccroché", "silent": "sans saisie",
    "wrong": "saisies fausses", "mean s": "moyenne s", "median s": "médiane s", "p90 s": "p90 s", "way_out": "sortie",
    "to": "vers", "share": "part", "left_to": "parti vers", "ended": "fin", "calls": "appels", "key": "touche",
    "typed": "saisi", "no_input": "sans saisie", "wrong_input": "saisie fausse", "failure": "échec",
    "cut_off": "coupé", "the_end": "fin des menus", "external": "extérieur", "part": "partie", "of": "de",
    "open": "ouvert", "closed": "fermé", "found": "trouvé",
    "not_found": "inconnu", "sent": "transmis", "otherwise": "sinon", "case": "cas", "step": "menu ou étape",
    "recording": "enregistrement", "at": "le", "seconds": "secondes", "what": "quoi",
    "figure": "chiffre", "difference": "écart", "compiled": "voie compilée", "node": "menu", "exit": "sortie",
    "zero_out": "sans choisir", "to_exit_mean": "moyenne s", "to_exit_median": "médiane s", "to_exit_p90": "p90 s",
    "seconds_mean": "moyenne s", "seconds_median": "médiane s", "seconds_p90": "p90 s",
}  # fmt: skip


def word(name: str, language: str) -> str:
    """What people read for the name of a column, a state, an outcome."""
    return (FRENCH if language == "fr" else {}).get(name, name.replace("_", " "))
