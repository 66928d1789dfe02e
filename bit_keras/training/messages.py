"""What training prints: the data, the recipe and the result."""

import dataclasses

from bit_keras import program
from bit_keras.evaluation.chance import doubt
from bit_keras.evaluation.figures import FIGURES, headline, written
from bit_keras.evaluation.leakage import twins_told

SHOWN_BAD_IMAGES = 20
WIDEST_VALUE = 60


def tell_data(data):
    """Prints what was found, and the files that are left out."""
    print(data.summary())
    for note in data.notes:
        print(note)
    if data.bad:
        print(f"Left out, because they cannot be read ({len(data.bad)}):")
    for verdict in data.bad[:SHOWN_BAD_IMAGES]:
        print(f"  {verdict.path}: {verdict.reason}")
    if len(data.bad) > SHOWN_BAD_IMAGES:
        print(f"  and {len(data.bad) - SHOWN_BAD_IMAGES} more, all in bad_images.csv")


def tell_recipe(rule, recipe, notes):
    """Prints the recipe as far as somebody decided it, under headings.

    That is what every recipe must name, what is no default, and what differs from the
    rule, with what the rule has.
    """
    for note in notes:
        print(note)
    print("Recipe (--set changes any field, recipe.json holds all of them):")
    rules, texts, group = rule.as_texts(), recipe.as_texts(), ""
    for field in dataclasses.fields(recipe):
        text, of_rule = texts[field.name], rules[field.name]
        untouched = getattr(recipe, field.name) == field.default and text == of_rule
        if untouched and not field.metadata["shown"]:
            continue
        if field.metadata["group"] != group:
            group = field.metadata["group"]
            print(f"  {group}")
        differs = f"   (rule: {of_rule or 'none'})" if text != of_rule else ""
        shown = text if len(text) <= WIDEST_VALUE else text[: WIDEST_VALUE - 1] + "…"
        print(f"    {field.name:18} {shown}{differs}")


def tell_result(output, summary, minutes, chosen=""):
    """Prints the figures, what they are of, and the commands that go on from here."""
    figures, (name, _) = written(summary), headline(summary)
    told = figures[name]
    if "top5" in summary:
        told += f", top-5 {figures[FIGURES['top5']]}"
    images = f"{summary['examples']:,} images"
    if "(" in told:
        images += ", with 95% confidence in brackets"
    name = "accuracy" if name == FIGURES["top1"] else name
    training = f"{minutes:.1f} minutes of training" if minutes else "without training"
    print(f"\nTest {name}: {told}\n({images}; {training})")
    for told in filter(None, (doubt(summary), twins_told(summary))):
        print(told)
    if chosen:
        print(f"Evaluated and saved: {chosen}")
    command, quoted = program.command(), program.quoted(output)
    print(
        f"Run folder: {output} (look at report.html)\n\n"
        "Next:\n"
        f"  {command} evaluate --run {quoted}\n"
        f"  {command} predict --run {quoted} PHOTOS\n"
        f"  {command} embed --run {quoted} PHOTOS"
    )
