"""Compares what was seen with what is true, prints a line for each, and remembers what differs."""

wrong = []  # of check(), what differed


def check(what, seen, wanted):
    """`wanted`: a value, or a function that tells whether what was seen is good."""
    good = wanted(seen) if callable(wanted) else seen == wanted
    shown = seen if len(str(seen)) < 300 else f"{len(seen)} values"
    print(f"{'right' if good else 'WRONG'}: {what}: {shown}", flush=True)
    if good:
        return
    wrong.append(what)
    if isinstance(seen, dict) and isinstance(wanted, dict):
        print(f"  differs: { {k: (seen.get(k), wanted.get(k)) for k in {*seen, *wanted} if seen.get(k) != wanted.get(k)} }")
    elif not callable(wanted):
        print(f"  wanted: {wanted}")
