"""What scripts/bench was asked for; the other modules read it."""

import os

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
dir = None  # where servers and logs lie
keep = False  # it was named, and is used again
quick = False
rounds = 3
sink_options = []
