"""`snyk-gateway`, also as `python -m gateway`."""

import sys


def main() -> None:
    """Runs the command line and exits with its code."""
    try:
        sys.exit(_run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)


def _run(words: list[str]) -> int:
    # These two are asked often, by containers and by scripts: they load nothing else.
    if words == ["version"]:
        from gateway.cli import version

        return version.version()
    if words[:1] == ["healthcheck"]:
        from gateway.cli import healthcheck

        return healthcheck.healthcheck(words[1:])

    from gateway.running.garbage import collect_late

    collect_late()
    from gateway.cli import program

    return program.run(words)


if __name__ == "__main__":
    main()
