"""Questions and answers about the small world of the lexicon."""

from __future__ import annotations

import random
from collections.abc import Callable

from . import lexicon as lx
from .data_files import Options, Record, read_list, read_lists, read_record_groups, read_records, read_table
from .document import Exchange, Sentence, say
from .grammar import capital, expand, invented_noun, plural, with_article

Maker = Callable[[random.Random], Exchange]


_PAIR = ("Q", "A")
_ANIMALS = read_records("questions/animals.txt", _PAIR)
_MORE_ABOUT_ANIMALS = read_list("questions/more_about_animals.txt")
_FOODS = read_records("questions/foods.txt", _PAIR)
_JOBS = read_records("questions/jobs.txt", _PAIR)
_TOPICS = read_record_groups("questions/topics.txt", _PAIR)
_FITTING = read_lists("questions/fitting_answers.txt")
_FILLERS = read_lists("questions/fillers.txt", lx.LISTS)
_LISTINGS = read_lists("questions/listings.txt", lx.LISTS)
OPPOSITES = read_table("questions/opposites.tsv", ("one", "other"))
COUNTS = read_table("questions/counts.tsv", ("asked", "answer"))
_SEASONS = {season: (weather, more) for season, weather, more in read_table("questions/seasons.tsv", ("season", "weather", "more"))}

# Topics whose answers may begin with a word of their own.
_WITH_LEAD = ("animals", "food", "work", "weather", "school", "nature and home")
_LEAD = "[Sure|Good question|Of course]!"
_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}


def _sentences(rng: random.Random, template: str, slots: dict[str, str]) -> list[Sentence]:
    return say(*(capital(expand(rng, part, slots)) for part in template.split(" / ")))


def _exchange(
    rng: random.Random,
    topic: str,
    questions: Options,
    answers: Options,
    slots: dict[str, str],
    sentiment: str = "",
    subject: str | None = None,
) -> Exchange:
    question = capital(expand(rng, rng.choice(questions), slots))
    lead = f"{_LEAD} / " if question.endswith("?") and topic in _WITH_LEAD and rng.random() < 0.12 else ""
    return Exchange("question", question, _sentences(rng, lead + rng.choice(answers), slots), topic, sentiment, subject)


def animal_question(rng: random.Random) -> Exchange:
    animal = rng.choice(lx.ANIMALS)
    facts = lx.ANIMAL_FACTS[animal]
    slots = {
        **facts._asdict(),
        "an": with_article(animal),
        "animal": animal,
        "animals": plural(animal),
        "a_group": with_article(facts.group),
        "group_word": f"[useful|nice|wonderful|clever|strange|special] {facts.group}",
    }
    more = rng.choice(_MORE_ABOUT_ANIMALS)
    if facts.group in ("insect", "fish") and rng.random() < 0.5:
        more = ""
    questions, answers = rng.choice(_ANIMALS)
    if rng.random() < 0.5 and more:
        answers = tuple(f"{answer} / {more}" for answer in answers)
    return _exchange(rng, "animals", questions, answers, slots, subject=animal)


def food_question(rng: random.Random) -> Exchange:
    food = rng.choice(lx.FOODS)
    facts, countable = lx.FOOD_FACTS[food], food not in lx.UNCOUNTABLE_FOODS
    slots = {
        **facts._asdict(),
        "food": food,
        "foods": plural(food) if countable else food,
        "a_food": with_article(food) if countable else food,
        "a_kind": with_article(facts.kind),
        "other": rng.choice(_FILLERS["other food"]),
        "are": "are" if countable else "is",
        "do": "do" if countable else "does",
        "s": "" if countable else "s",
        "come": "come" if countable else "comes",
        "it": "them" if countable else "it",
    }
    questions, answers = rng.choice(_FOODS)
    return _exchange(rng, "food", questions, answers, slots, subject=food)


def job_question(rng: random.Random) -> Exchange:
    job = rng.choice(lx.JOBS)
    slots = {**lx.JOB_FACTS[job]._asdict(), "job": job, "a_job": with_article(job), "jobs": plural(job)}
    questions, answers = rng.choice(_JOBS)
    return _exchange(rng, "work", questions, answers, slots, subject=job)


def _topic_slots(rng: random.Random) -> dict[str, str]:
    """What the questions of all topics may need. Each is drawn in this order: a seed's questions hang on it."""

    def pick(filler: str) -> str:
        return rng.choice(_FILLERS[filler])

    season = rng.choice(lx.SEASONS)
    n = rng.randrange(0, 11)
    a, b = rng.randrange(1, 7), rng.randrange(1, 6)
    names = lx.NUMBERS[:12]
    day, month = rng.randrange(7), rng.randrange(12)
    left, right = rng.choice(OPPOSITES)[:: rng.choice((1, -1))]
    count, count_answer = rng.choice(COUNTS)
    relative = pick("relative")
    vehicles = rng.sample(_FILLERS["vehicle"], 2)
    towns = rng.sample(lx.PLACES_TOWN, 2)
    colours = rng.sample(lx.COLOURS, 2)
    plant = pick("plant")
    weather, more = _SEASONS[season]
    return {
        "season": season,
        "season_weather": weather,
        "season_more": capital(more),
        "bad": rng.choice(lx.FEELINGS_BAD),
        "good": rng.choice(lx.FEELINGS_GOOD),
        "day": lx.DAYS[day],
        "day2": lx.DAYS[(day + 1) % 7],
        "month": lx.MONTHS[month],
        "month2": lx.MONTHS[(month + 1) % 12],
        "n1": names[n],
        "n2": names[n + 1],
        "sum_a": names[a - 1],
        "sum_b": names[b - 1],
        "sum_c": names[a + b - 1],
        "opp_a": left,
        "opp_b": right,
        "count_what": count,
        "count_answer": count_answer,
        "relative": relative,
        "name": rng.choice(lx.GIRLS + lx.BOYS),
        "name_or_they": "they",
        "place": pick("place"),
        "nature": pick("nature"),
        "town_place": towns[0],
        "town_place2": towns[1],
        "vehicle": vehicles[0],
        "vehicle2": vehicles[1],
        "plant": plant,
        "plants": plural(plant),
        "room": pick("room"),
        "thing": rng.choice(lx.THINGS),
        "material": pick("material"),
        "colour": colours[0],
        "colour2": colours[1],
        "unknown": invented_noun(rng),
        "body": rng.choice(lx.BODY),
        "noun": capital(rng.choice(lx.THINGS)),
        "pet": pick("pet"),
        "feeling_noun": pick("feeling_noun"),
    }


def plain_question(rng: random.Random) -> Exchange:
    topic = rng.choice(list(_TOPICS))
    questions, answers = rng.choice(_TOPICS[topic])
    slots = _topic_slots(rng)
    asked = rng.choice(questions)
    sentiment = ""
    if topic == "feelings":
        sentiment = "unhappy" if "{bad}" in asked else "happy" if "{good}" in asked else ""
    return _exchange(rng, topic, (asked,), _fitting(asked, answers), slots, sentiment)


def _fitting(question: str, answers: Options) -> Options:
    for part, wanted in _FITTING.items():
        if part in question:
            fitting = tuple(answer for answer in answers if any(words in answer for words in wanted))
            if fitting:
                return fitting
    return answers


def listing(rng: random.Random) -> Exchange:
    """ "Name three fruits": lists, in a line or one under the other."""
    group = rng.choice(list(_LISTINGS))
    n = min(rng.choice((2, 3, 3, 3, 4, 5)), len(_LISTINGS[group]))
    items = rng.sample(_LISTINGS[group], n)
    number = _NUMBERS[n]
    question = expand(rng, "[Name|Tell me|List|Give me|Write down|Can you name|I need] {n} {g}[.|, please.|]", {"n": number, "g": group})
    if question.startswith("Can"):
        question = question.rstrip(".") + "?"
    style = rng.random()
    if style < 0.4:
        answer = [Sentence(capital(", ".join(items[:-1]) + " and " + items[-1] + "."), "list")]
        if rng.random() < 0.4:
            answer.insert(0, Sentence(f"Here are {number} {group}:"))
    else:
        mark = rng.choice(["- ", "* ", "1"])
        lines = [f"{i}. {item}" if mark == "1" else mark + item for i, item in enumerate(items, 1)]
        head = rng.choice([f"Here are {number} {group}:\n", f"{capital(number)} {group}:\n", ""])
        answer = [Sentence(head)] if head else []
        answer.append(Sentence("\n".join(lines), "list"))
    return Exchange("list", question, answer, topic="lists")


QUESTION_MAKERS: list[tuple[Maker, float]] = [(animal_question, 5), (food_question, 5), (job_question, 3), (plain_question, 12)]


def question(rng: random.Random) -> Exchange:
    makers, weights = zip(*QUESTION_MAKERS, strict=True)
    return rng.choices(makers, weights)[0](rng)


def template_count() -> int:
    return sum(_count(records) for records in (*_TOPICS.values(), _ANIMALS, _FOODS, _JOBS))


def _count(records: tuple[Record, ...]) -> int:
    return sum(len(questions) + len(answers) for questions, answers in records)
