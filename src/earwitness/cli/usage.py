"""How a command's help names what it takes, whatever the version of Typer."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand


class Command(TyperCommand):
    """A command whose arguments are called what they are: some Typers add their Python types."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        arguments, _ = self._parameters(ctx)
        return ["[OPTIONS]", *map(_in_usage, arguments)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        arguments, options = self._parameters(ctx)
        described = [(each.metavar, each.get_help_record(ctx)[1]) for each in arguments]
        records = [record for each in options if (record := each.get_help_record(ctx))]
        for title, rows in (("Arguments", described), ("Options", records)):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def _parameters(self, ctx: Any) -> tuple[list[Any], list[Any]]:
        known: list[Any] = self.get_params(ctx)
        arguments = [each for each in known if each.param_type_name == "argument"]
        return arguments, [each for each in known if each not in arguments]


def _in_usage(argument: Any) -> str:
    name = argument.metavar if argument.required else f"[{argument.metavar}]"
    return f"{name}..." if argument.nargs != 1 else str(name)
