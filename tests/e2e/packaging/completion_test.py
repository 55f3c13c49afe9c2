"""What bash completes of sockwatch's command line: flags, and values behind a space and behind "="."""

import os
import subprocess
import sys
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "packaging", "sockwatch.bash")


def completed(*words):
    """What would be put in place of the last word. The words are as bash breaks them."""
    command = f'source "{SCRIPT}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sockwatch; printf "%s\\n" "${{COMPREPLY[@]}}"'
    return subprocess.run(["bash", "-c", command, "bash", *words], check=True, capture_output=True, text=True).stdout.split()


class Completion(unittest.TestCase):
    def test_values_behind_a_space(self):
        self.assertEqual(completed("sockwatch", "--log.level", "de"), ["debug"])
        self.assertEqual(completed("sockwatch", "replay", "--format", ""), ["jsonl", "metrics"])

    def test_values_behind_an_equals_sign(self):
        self.assertEqual(completed("sockwatch", "--log.level", "="), ["debug", "info", "warn", "error"])
        self.assertEqual(completed("sockwatch", "--log.level", "=", "de"), ["debug"])
        self.assertEqual(completed("sockwatch", "--log.format", "=", "j"), ["json"])
        self.assertEqual(completed("sockwatch", "--path.procfs", "=", "/pro"), ["/proc"])

    def test_where_an_equals_sign_breaks_no_words(self):
        self.assertEqual(completed("sockwatch", "--log.level=de"), ["--log.level=debug"])
        self.assertEqual(completed("sockwatch", "--log.level="), [f"--log.level={level}" for level in ("debug", "info", "warn", "error")])

    def test_nothing_for_values_that_are_the_users_own(self):
        self.assertEqual(completed("sockwatch", "--web.listen-address", "="), [])
        self.assertEqual(completed("sockwatch", "--web.listen-address=r"), [])

    def test_flags_and_commands(self):
        self.assertEqual(completed("sockwatch", "rec"), ["record"])
        self.assertEqual(completed("sockwatch", "record", "--ma"), ["--max-size"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
