# SPDX-License-Identifier: MIT
"""The mutants of a source: the same text with one thing wrong.

By rule: an order is one step weaker; a fence, lock, unlock, wake or unlink is gone; what may fail
(a claim, a compare-exchange, a try) is taken for done though it failed. By hand: the broken twins
of tests/model/ and those of by_hand.model.

A mutant's name outlives other changes of its file: "FILE FUNCTION: OLD -> NEW", and "#2" if it is
the second such.
"""
import collections
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, f"{ROOT}/tests/model")

import model  # noqa: E402 (it stands in the folder named above)
import mutate  # noqa: E402

# kind: order, fence, lock, unlock, wake, unlink, claim, hand; checks: models that are meant for it;
# first: options that make such a model find it sooner
Mutant = collections.namedtuple("Mutant", "name file line kind text checks first")

WEAKER_LOAD = {"seq_cst": ["acquire"], "acquire": ["relaxed"]}
WEAKER_STORE = {"seq_cst": ["release"], "release": ["relaxed"]}
WEAKER_CHANGE = {"seq_cst": ["acq_rel"], "acq_rel": ["acquire", "release"],
                 "acquire": ["relaxed"], "release": ["relaxed"]}

# Calls that are statements of their own.
GONE = {
    "fence": r"gr_fence_\w+",
    "lock": r"gr_lock_acquire",
    "unlock": r"gr_lock_release|gr_bitlock_(?:release|drop)|gr_chan_unlock|gr_pending_unlock"
              r"|gr_line_unlock|unlock_line",
    "wake": r"gr_wake|gr_wake_slow|gr_waitq_wake_all|gr_ready(?:_(?:in_slot|behind|batch_\w+))?"
            r"|gr_os_futex_wake|gr_idle_(?:notify|poke|kick|rouse|wake_all)|rouse|wake_one"
            r"|gr_ports\.poll_wake|gr_match_finish|gr_thread_deliver|gr_line_wake\w*",
    "unlink": r"gr_waitq_(?:unlink|remove)|gr_list_remove|unlink_seat|gr_heap_pop|leave_lines",
}
MAY_FAIL = r"gr_cas_\w+|gr_lock_try|gr_wait_claim|gr_waitq_claim\w*"


def blank(text):
    """The text without comments and strings, each character in its place."""
    pattern = r"/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\""
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def end_of_call(code, at):
    """Behind the ")" of the call whose name begins there; None: it is no call."""
    depth = 0
    for i in range(code.index("(", at), len(code)):
        depth += (code[i] == "(") - (code[i] == ")")
        if depth == 0:
            return i + 1
    return None


def places(code):
    """What to change: (kind, from, to, old, new) each, with the positions."""
    atomic = r"\bgr_(load|store|exchange|cas|fetch_(?:add|sub|or|and))_([a-z_]+)\("
    for m in re.finditer(atomic, code):
        operation, order = m.groups()
        weaker = {"load": WEAKER_LOAD, "store": WEAKER_STORE}.get(operation, WEAKER_CHANGE)
        for other in weaker.get(order, []):
            yield "order", m.start(2), m.end(2), m.group()[:-1], f"gr_{operation}_{other}", other
    for kind, names in GONE.items():
        for m in re.finditer(rf"^\t+((?:{names})\()", code, re.M):
            end = end_of_call(code, m.start(1))
            if code[end] == ";":
                call = code[m.start(1):end]
                # Still compiled, so that nothing is unused.
                yield kind, m.start(1), end, m.group(1)[:-1], "nothing", f"(void)(0 && ({call}, 0))"
    for m in re.finditer(rf"(?<![\w*])({MAY_FAIL})\(", code):
        line = code[code.rindex("\n", 0, m.start()) + 1:m.start()]
        end = end_of_call(code, m.start())
        if not re.match(r"\t", line) or (line.strip() == "" and code[end] == ";"):
            continue  # its definition, or nobody minds if it fails
        if re.match(r"\s*!=|\s*==", code[end:end + 4]) or re.search(r"[\w)] = $", line):
            continue  # no truth
        yield "claim", m.start(), end, m.group(1), "done", f"({code[m.start():end]} || true)"


def function_at(code, at):
    heads = list(re.finditer(r"^[a-z][^\n;#]*?(\w+)\((?![^{;]*;)", code[:at], re.M))
    return heads[-1].group(1) if heads else ""


def by_rule(file):
    with open(f"{ROOT}/src/{file}", encoding="utf-8") as f:
        text = f.read()
    code = blank(text)
    seen = collections.Counter()
    for kind, begin, end, old, new, there in sorted(places(code), key=lambda p: p[1]):
        name = f"{file} {function_at(code, begin)}: {old} -> {new}"
        seen[name] += 1
        if seen[name] > 1:
            name += f" #{seen[name]}"
        line = text.count("\n", 0, begin) + 1
        yield Mutant(name, file, line, kind, text[:begin] + there + text[end:], [], [])


def by_hand(name):
    """The twins of NAME.model."""
    of_model = not name.startswith("..")
    for twin, change in model.describe(name)["twins"].items():
        file = change["file"]
        with open(f"{ROOT}/src/{file}", encoding="utf-8") as f:
            text = f.read()
        nth = change.get("nth")
        new = mutate.mutate(text, change["from"], change["to"], nth and int(nth))
        same = next((i for i, (a, b) in enumerate(zip(text, new)) if a != b), 0)
        yield Mutant(f"{file} {twin}", file, text.count("\n", 0, same) + 1, "hand", new,
                     [f"model.{name}"] if of_model else [],
                     [["--only", change["only"]]] if "only" in change else [])


def plain(text):
    """As one would remove a call by hand, to find what is there twice."""
    return re.sub(r"\(void\)\(0 && \(.*?, 0\)\);", "(void)0;", text, flags=re.S)


def all_of(files):
    """All mutants of the files, and those by hand."""
    mutants = [m for file in files for m in by_rule(file)]
    texts = {(m.file, plain(m.text)) for m in mutants}
    for name in [*model.names(), "../mutants/by_hand"]:
        for m in by_hand(name):
            if (m.file, plain(m.text)) not in texts:
                texts.add((m.file, plain(m.text)))
                mutants.append(m)
    return mutants
