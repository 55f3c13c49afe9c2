"""The table of a conformance test: what was sent, what was counted, what differs. A line a cell; it begins with the row's number."""

HEAD = ("case", "role", "sent", "counted", "wrong")


class Table:
    def __init__(self, path=None):
        self.path, self.rows, self.wrong = path, [], 0

    def _add(self, name, role, sent, counted, wrong):
        self.rows.append((name, role, sent, counted, wrong))
        self.wrong += bool(wrong)
        if wrong:
            print(*self.rows[-1], sep="\t", flush=True)

    def compare(self, name, role, truth, counted):
        """Counts by method, path and status."""
        keys = truth.keys() | counted.keys()
        differences = {key: (truth.get(key, 0), counted.get(key, 0)) for key in keys if truth.get(key, 0) != counted.get(key, 0)}
        self._add(name, role, sum(truth.values()), sum(counted.values()), differences or "")

    def check(self, name, seen, wanted):
        """`wanted`: a value, or a function that tells whether what was seen is good."""
        good = wanted(seen) if callable(wanted) else seen == wanted
        self._add(name, "-", "" if callable(wanted) else wanted, seen, "" if good else "this")

    def failed(self, name, error):
        self._add(name, "-", "-", "-", str(error))

    def finish(self, all_of_it=60):
        """Writes the table, prints it when it is short, and gives the exit status."""
        lines = ["\t".join(map(str, row)) for row in (HEAD, *self.rows)]
        if self.path:
            with open(self.path, "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
        if len(self.rows) <= all_of_it:
            print("\n".join(lines))
        print(f"{len(self.rows)} cells, {self.wrong} wrong")
        return 1 if self.wrong else 0
