"""``python -m analysis_core.cli``."""

from analysis_core.cli import main

if __name__ == "__main__":
    main()
