"""The `koebner` command: one place where errors become one line and an exit status.

Exit status: 0 done; 1 the science says no (patients failed, an evidence rule broken by the shipped
tables); 2 the user's input, files included. An interrupted command ends with 130, as shells expect.
"""

import sys
from importlib import metadata
from typing import Annotated

import typer

from koebner.cli import cases, evidence, model, population, product, simulate, therapy, trial
from koebner.cli.calibrate import calibrate_command
from koebner.cli.doctor import doctor_command
from koebner.cli.knockout import knockout_command
from koebner.cli.predict_course import predict_course_command
from koebner.cli.printing import say
from koebner.cli.therapy_compare import compare_command
from koebner.cli.validate import validate_command
from koebner.errors import BuildError, KoebnerError, SolverError

app = typer.Typer(
    name="koebner",
    help="Psoriasis in silico, from mechanism to trial. "
    "A research tool: not for diagnosis, dosing or choice for a person.",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(trial.app, name="trial")
app.add_typer(cases.app, name="cases")
app.add_typer(evidence.app, name="evidence")
app.add_typer(model.app, name="model")
therapy.app.command("compare")(compare_command)
app.add_typer(therapy.app, name="therapy")
app.add_typer(population.app, name="population")
app.add_typer(product.app, name="product")
app.command("simulate")(simulate.simulate_command)
app.command("knockout")(knockout_command)
app.command("calibrate")(calibrate_command)
app.command("predict-course")(predict_course_command)
app.command("validate")(validate_command)
app.command("doctor")(doctor_command)


@app.callback()
def _root(
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        print(f"koebner {metadata.version('koebner')}")
        raise typer.Exit


def run() -> None:
    """Run the command line; a Koebner error is one line on stderr and an exit status."""
    try:
        app()
    except KoebnerError as error:
        say(f"koebner: {error}")
        sys.exit(1 if isinstance(error, SolverError | BuildError) else 2)
    except OSError as error:  # a file that cannot be read or written
        place = f"{error.filename}: " if error.filename else ""
        say(f"koebner: {place}{error.strerror or error}.")
        sys.exit(2)
    except KeyboardInterrupt:
        say("koebner: interrupted; repeat the command to resume what can be resumed.")
        sys.exit(130)
