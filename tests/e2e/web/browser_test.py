"""A real browser opens the landing page: its links are there, its style is applied, and so are the metrics where they lead."""

import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "support")]

from agent import Agent  # noqa: E402

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--window-size=900,700")


def browse(url, *options):
    """(the document as the browser has it, what its console said)."""
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(["chromium", *FLAGS, f"--user-data-dir={profile}", *options, url], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


def main():
    if not shutil.which("chromium"):
        print("skipped: chromium is not installed")
        return 77
    with Agent(sys.argv[1]) as agent, tempfile.TemporaryDirectory() as folder:
        url = f"http://127.0.0.1:{agent.port}"
        page, console = browse(url + "/", "--dump-dom")
        # A style that the page's own policy forbids would be told here.
        assert not console, console
        for word in ("<title>sockwatch</title>", 'href="/metrics"', 'href="/-/healthy"', 'href="/-/ready"'):
            assert word in page, word
        picture = os.path.join(folder, "page.png")
        browse(url + "/", f"--screenshot={picture}")
        assert os.path.getsize(picture) > 10_000, "an empty page"
        print(f"right: the landing page, a picture of {os.path.getsize(picture)} bytes")
        assert "sockwatch_build_info" in browse(url + "/metrics", "--dump-dom")[0]
        print("right: the metrics, as text")
    return 0


if __name__ == "__main__":
    sys.exit(main())
