"""Short stories about a named subject: many ways to ask, many plots to answer with.

Plots never depend on what the subject is, so a subject the model has never met fits too. The
subject's noun stands in the first sentence and again near the end of every story.
"""

from __future__ import annotations

import hashlib
import random
import re

from . import lexicon as lx
from .document import Exchange, Sentence
from .grammar import capital, expand, invented_name, invented_noun, plural, with_article

PROMPTS = """
Tell me a story about {a}.|Tell me a story about {a}.|Tell me a story about {a}.|Tell me a [short|little|nice|funny|sweet|new] story about {a}.
Write a story about {a}.|Write a [short|little|nice|kind|happy] story about {a}.|Please write a story about {a}.
Can you tell me a story about {a}?|Could you tell a story about {a}?|Can you write [me |]a story about {a}?
I want [a story|to hear a story] about {a}.|I would like a story about {a}.|Please tell me about {a} in a short story.
Make up a story about {a}.|Invent a story about {a}, please.|Give me a story about {a}.|Story about {a}, please.
My [son|daughter|little brother|little sister] wants a story about {a}.|Tell us a bedtime story about {a}.
Do you know a story about {a}?|Please tell a [good night|bedtime] story about {a}.|tell me a story about {a}|write a story about {a}
A story about {a}, please.|Let me hear a story about {a}.|Can I have a story about {a}?|Write a few lines about the life of {a}.
Once more, a story about {a}!|I am tired. Tell me a story about {a}.|Please think of a story about {a}.
"""
PROMPTS_WITH_MORE = """
Tell me a story about {a} {more}.|Write a [short|little|] story about {a} {more}.|Can you tell me a story about {a} {more}?
Please make up a story about {a} {more}.|I would like to hear about {a} {more}.|Tell a story about {a} {more}, please.
"""
MORE = (
    "who [finds a treasure|makes a friend|helps a friend|gets lost|learns to share|is afraid of the dark|goes on a trip|wins a race|tells a lie|plants a seed|wants to fly|builds a house]",
    "[in|near] the {place}",
    "that [finds a treasure|makes a friend|gets lost|learns to share|is afraid of the dark|goes on a trip|wants to fly]",
)
MORE_PLOT = {
    "treasure": "treasure", "makes a friend": "friend", "helps a friend": "help", "gets lost": "lost", "share": "share",
    "afraid of the dark": "dark", "goes on a trip": "trip", "wins a race": "race", "tells a lie": "lie",
    "plants a seed": "seed", "wants to fly": "fly", "builds a house": "house",
}

OPENINGS = """
Once upon a time, there {was} {a} [who lived|living] [in|near] the {place}.|Once upon a time, {a} lived [in|near] the {place}.
Long ago, {a} lived in a [small|quiet|sunny|cold|green] {place}.|There once {was} {a} [in a little {place}|near the {place}|by the {place}].
One [sunny|rainy|cold|windy|quiet|bright] {time}, {a} [sat|waited|stood|rested] [in|near] the {place}.|In the {place} there lived {a}.
Far away, behind the [old {place}|seven hills|blue mountains], there lived {a}.|One day, {a} came to the {place}.
In a [small|quiet] {place}, there {was} {a}.|This is the story of {a} [from|in] the {place}.|It was [spring|summer|autumn|winter], and {a} {was} in the {place}.
"""
NAMED = "{The} {was} called {name}.|{His} name was {name}.|Everyone called {him} {name}.|{He} had a [nice|short|funny] name: {name}."
TRAITS = """
{The} {was} very {trait}[| and {trait2}].|{He} {was} {trait}, and everybody [knew|liked|loved] {him}.|{He} {was} {trait} but also a little {bad}.
Every {time}, {the} [looked at the {weather}|listened to the {music}|counted the {count}|dreamed about the {dream}].|{The} liked {food} more than anything.
{The} had a [small|red|old|soft] {thing} and a [good|warm|big] heart.|All {time} long, {he} [played|worked|sang|waited] [alone|with {the_friend}|under {a_plant}].
{His} best friend was {a_friend}.|{The} {was} not very {size}, but {he} {was} {trait}.|People said that {the} {was} the most {trait} in the whole {place}.
"""

# Every plot: the want or trouble, what happens, the turn, the end. One template of each is taken.
PLOTS: dict[str, list[str]] = {
    "treasure": [
        "One {time}, {the} found an old map under {a_plant}.|One {time}, {he} saw something [golden|shiny] near the {place2}.|One {time}, {a_friend} told {him} about a hidden treasure.",
        "The map showed a way to the {place2}. {The} packed {food} and [went|walked] there.|\"It must be a treasure!\" said {the}. {He} dug [all {time}|for an hour] with a {tool}.|{He} followed the path over the {place2} and looked behind every stone.",
        "At last {he} found a box. Inside there was [only a {thing}|a {thing} and a letter|a {colour} {thing}].|Deep in the ground there was a {colour} box full of [coins|{foods}|letters|old {toys}].",
        "{The} shared everything with {the_friend}, and both were {happy}.|\"A friend is the best treasure,\" said {the}, and {he} went home {happy}.|{The} kept the {colour} {thing} and told the story to everyone.",
    ],
    "friend": [
        "But {the} {was} [lonely|often alone|sad], because {he} had no friends.|{The} wanted a friend more than anything.|Nobody played with {the}, and that made {him} sad.",
        "One {time}, {he} met {a_friend} near the {place2}.|Then {a_friend} came along and said, \"Hello! [Do you want to play|May I sit here|What is your name]?\"|One {time}, {he} heard {a_friend} crying behind {a_plant}.",
        "{The} {was} shy at first. Then {he} gave {the_friend} some {food}.|They [talked|played|laughed] until the [sun went down|moon came up|stars came out].|\"I am alone too,\" said {the_friend}. \"Let us be friends.\"",
        "From that day on, {the} and {the_friend} {were} best friends.|Now {the} {was} never lonely again.|After that, {the} and {the_friend} met every {time}.",
    ],
    "lost": [
        "One {time}, {the} went too far and got lost in the {place2}.|One {time}, a thick fog came, and {the} lost the way.|{The} followed a {colour} butterfly and forgot the way home.",
        "It was getting dark, and {he} {was} [afraid|cold|very tired].|{He} called, \"Is anybody there?\" but nobody answered.|{He} looked left and right, but everything looked the same.",
        "Then {a_friend} came with a [lamp|lantern|candle]. \"[Do not be afraid|Come with me|I know the way],\" said {the_friend}.|{He} sat down, took a deep breath and looked for the [stars|river|path]. The [stars|river|path] showed the way.",
        "Soon {the} {was} home again, warm and {happy}.|{The} thanked {the_friend} and never walked so far alone again.|When {the} saw the lights of home, {he} cried with joy.",
    ],
    "share": [
        "One {time}, {the} found a big basket of {foods}.|{The} had [ten|twelve|many] {foods} and did not want to share.|\"All the {foods} are mine!\" said {the}.",
        "Then {a_friend} came by and asked, \"May I have one? I am so hungry.\"|{The_friend} looked at the {foods} and said nothing.|But it is no fun to eat alone.",
        "First {he} said no. Then {he} felt [sorry|bad|ashamed].|{He} thought about it for a long time. Then {he} [gave half of it away|cut everything into two parts].",
        "So {the} shared the {foods}, and they tasted [twice as good|better than ever].|{The} learned that sharing makes everyone {happy}.|That {time}, {the} {was} {happy} because {he} had shared.",
    ],
    "dark": [
        "But {the} {was} afraid of the [dark|thunder|night].|Every night, {the} could not sleep, because it was so dark.|When the night came, {the} [hid under a blanket|began to shake].",
        "\"What is that noise?\" {he} whispered. It was only the wind.|{He} saw a big shadow on the wall. It looked like a monster.|{The_friend} said, \"The dark is only the day with its eyes closed.\"",
        "{The_friend} gave {him} a small {colour} lamp.|Together with {the_friend}, {he} looked at the [moon|stars]. They were beautiful.|{He} took a candle and looked. The shadow was only an old {thing}.",
        "After that, {the} {was} not afraid any more.|Since then, {the} sleeps well every night.|\"The night is my friend,\" said {the} and fell asleep with a smile.",
    ],
    "trip": [
        "One {time}, {the} wanted to see the {place2}.|{The} had never seen the {place2}, so {he} packed a bag.|\"Today I will travel to the {place2},\" said {the}.",
        "{He} took {food} and a {thing} and went by {vehicle}.|On the way {he} met {a_friend}, and they travelled together.|The way was long, and {weather_event}.",
        "At the {place2} {he} saw {colour} {count} and heard {adj_music} music.|{He} crossed a {place3} and climbed over a {place3}.|They sang songs and told jokes, so the time went fast.",
        "When {the} came home, {he} had a lot to tell.|\"Travelling is nice, but home is best,\" said {the}.|In the evening, {the} {was} tired and {happy}.",
    ],
    "race": [
        "One {time}, there was a big race in the {place2}.|{The} wanted to win the race in the {place2}.|\"I am faster than you,\" said {the_friend} to {the}.",
        "Everybody laughed at {the}, but {he} did not give up.|{The} trained every {time}, in the rain and in the sun.|At the start, {the_friend} was far in front.",
        "Then {the_friend} fell down. {The} stopped and helped.|Step by step, {he} came closer.|In the middle of the race, {he} was very tired, but {he} thought of {his} [mother|friends|dream].",
        "In the end, {the} won the race, and everyone cheered.|{The} did not win, but everyone clapped, because {the} had been so {trait}.|{The} and {the_friend} crossed the line together and laughed.",
    ],
    "lie": [
        "One {time}, {the} broke a {thing} that belonged to {the_friend}.|One {time}, {the} ate all the {foods} of {the_friend}.|{The} told everyone that a {monster} lived in the {place2}, but it was not true.",
        "\"Was it you?\" asked {the_friend}. \"No,\" said {the}.|{The_friend} was very sad and looked everywhere.|At night, {the} could not sleep, because a lie is a heavy thing.",
        "The next {time}, {he} told the truth. \"I am sorry,\" {he} said.|Then {he} went to {the_friend} and said, \"It was me. Please forgive me.\"",
        "{The_friend} smiled, and {the} felt light again.|From then on, {the} always told the truth.|\"Thank you for being honest,\" said {the_friend} to {the}.",
    ],
    "seed": [
        "One {time}, {the} planted a small seed in the garden.|{The} found a strange seed and put it into the ground.|{The_friend} gave {the} a tiny seed.",
        "Every {time}, {he} gave it water and waited.|Days went by, and nothing happened. \"Be patient,\" said {the_friend}.|The rain fell and the sun was warm.",
        "Then one {time} a green leaf came out of the ground.|The plant grew and grew, until it was as tall as a house.|Soon there were {colour} flowers everywhere.",
        "{The} {was} very proud and gave a flower to everyone.|\"Good things need time,\" said {the}.|Now {the} has the most beautiful garden in the {place}.",
    ],
    "fly": [
        "{The} had one big dream: {he} wanted to fly.|Every day, {the} looked at the sky and wanted to fly like the birds.|\"I want to fly!\" said {the}.",
        "{He} built wings from [paper|feathers|wood] and jumped from a hill. Bump! {He} fell into the grass.|Everybody said, \"You cannot fly.\" But {he} did not stop dreaming.|{He} tried it once, twice, three times.",
        "Then {a_friend} had an idea. They took a big {colour} balloon and a basket.|{The_friend} said, \"Hold on to me,\" and up they went.|One windy {time}, a strong wind lifted {him} up.",
        "High above the {place2}, {the} laughed with joy.|So the dream of {the} came true.|{The} saw the whole {place} from above and {was} {happy}.",
    ],
    "house": [
        "{The} wanted to build a house near the {place2}.|A storm had broken the home of {the}, so {he} needed a new one.|\"I need a [new|warm|dry] home,\" said {the}.",
        "{He} collected [wood|stones|clay|leaves] and worked from morning to night.|{The_friend} came with a {tool} and helped.|First {he} made the walls, then the door, and at last the roof.",
        "Then {weather_event}. But the house stood strong.|It was hard work, and sometimes {he} wanted to stop.|In the evening there was a fire and hot soup.",
        "Now {the} had a cosy home, and friends came every {time}.|\"Welcome to my house!\" said {the} and opened the door.|{The} sat by the window and {was} {happy}.",
    ],
    "help": [
        "One {time}, {the} heard a cry for help from the {place2}.|One {time}, {the} saw {a_friend} in the {place3}. \"Help me!\" {the_friend} called.|One {time}, {a_friend} was stuck under {a_plant}.",
        "{The} did not wait. {He} [ran|hurried] there as fast as {he} could.|{The} {was} afraid, but {he} wanted to help.|{The} looked around and found a [long rope|strong branch|ladder].",
        "{He} pulled and pulled, and at last {the_friend} {was} free.|With a {tool} and a good idea, {he} saved {the_friend}.|\"Hold on!\" {he} shouted and pulled with all {his} strength.",
        "\"Thank you!\" said {the_friend}. \"You are a hero.\" {The} smiled.|Everyone in the {place} was proud of {the}.|That {time}, there was a party for {the}, with {food} and music.",
    ],
    "music": [
        "One {time}, {the} found an old {instrument} in the {room}.|{The} heard {adj_music} music from the {place2}.|{The} could not sing, but {he} loved music.",
        "{He} played on it every {time}, but it sounded terrible.|\"Can you teach me a song?\" {he} asked {a_friend}.|{He} listened all {time} and learned the song by heart.",
        "After many weeks, the music was {adj_music}, and people stopped to listen.|{The_friend} danced, and soon the whole {place} danced too.",
        "From then on, {the} played every {time}, and the {place} was full of music.|\"Music makes the heart light,\" said {the}.|Everyone clapped for {the}, and {he} {was} {happy}.",
    ],
    "rain": [
        "One {time}, {weather_event}.|It did not rain for many weeks, and the {place2} was dry.|One {time}, the {weather} was so strong that nobody went outside.",
        "{The} sat at the window and waited.|All the flowers were thirsty, and {the} {was} worried.|\"What can we do?\" asked {a_friend}.",
        "{The} brought water from the {place3}, one bucket after the other.|Then {he} made hot tea, and everyone came in and told stories.|{The} opened the door and let {the_friend} in.",
        "At last the sun came out, and {the} saw a big rainbow.|When it was over, {the} danced in the {place}.|\"After rain comes sunshine,\" said {the}.",
    ],
    "birthday": [
        "It was the birthday of {the}, but nobody said a word.|Tomorrow was the birthday of {the_friend}, and {the} wanted to find a present.|{The} wanted to have a party.",
        "{He} looked in every shop and found nothing.|\"Did they all forget me?\" {he} thought and went to the {place2}.|{He} baked a cake with {foods}, but the cake was too {size}.",
        "Then the door opened. \"Surprise!\" everyone called.|In the end, {he} made a {colour} {thing} with {his} own hands.|There was a cake with [five|six|seven] candles and a lot of {foods}.",
        "It was the best birthday ever, and {the} said thank you to everyone.|{The} laughed and danced with {the_friend} until midnight.|\"A present from the heart is the best,\" said {the}.",
    ],
    "sick": [
        "One {time}, {the} {was} sick and had to stay in bed.|One {time}, {the} had a bad cold.|{The} woke up and felt terrible.",
        "{The_friend} brought hot soup and {food}.|The doctor came and said, \"You need rest, tea and sleep.\"|{He} could not play, and {he} {was} very bored.",
        "All {time}, {the_friend} sat by the bed and read a book aloud.|{He} slept for a long time and dreamed of the {place2}.",
        "After three days, {the} {was} well again and jumped out of bed.|\"Thank you for taking care of me,\" said {the} to {the_friend}.|Soon {the} {was} outside again, {happy} and strong.",
    ],
    "new place": [
        "One {time}, {the} moved to a new {place2}.|It was the first day at a new school for {the}.|{The} was new in the {place2} and did not know anyone.",
        "Everything was strange, and {he} {was} nervous.|{He} sat alone and looked at the floor.|\"Where do I go?\" {he} asked, but it was very loud.",
        "Then {a_friend} smiled and said, \"You can sit with me.\"|{The_friend} showed {him} everything: the {room}, the garden and the {place3}.",
        "By the end of the day, {the} had found a new friend.|\"I like it here,\" said {the} in the evening.|Now {the} {was} not nervous any more.",
    ],
    "lost thing": [
        "One {time}, {the} lost a {colour} {thing}.|One {time}, the {thing} of {the} was gone.|\"Where is my {thing}?\" asked {the}.",
        "{He} looked in the {room}, under the bed and behind the door.|{He} asked {a_friend}, \"Have you seen it?\" \"No,\" said {the_friend}.|{He} looked for it everywhere and {was} very sad.",
        "Then {the_friend} laughed. \"It is on your head!\"|At last {he} found it in the {room}, next to the {foods}.|In the evening, {the_friend} found it near the {place2}.",
        "{The} had to laugh, too, and everything was fine again.|From then on, {the} took better care of {his} things.|{The} thanked {the_friend} and went to sleep.",
    ],
}
DETAILS = """
The {weather} was strong that {time}.|It was a very [long|quiet|cold|warm|strange] {time}.|\"What now?\" thought {the}.|In the {place2}, the {count} were {colour}.
{The} ate some {food} and felt better.|Somewhere, a bell rang [once|twice|three times].|\"Come on,\" said {the}, \"we can do it.\"|For a moment, everything was quiet.
{The} closed {his} eyes and counted to [three|five|ten].|An old [man|woman|owl|dog] watched {the} and smiled.|The air smelled of [rain|flowers|fresh bread|smoke|grass].|{His} heart beat fast.
"""
ENDINGS = """
The end.||||And so the story of {the} ends.|And if you go to the {place}, you can still see {the} there.|{The} never forgot that day.
And {the} lived happily ever after.|That was the best day in the life of {the}.|Everyone still talks about {the} today.|Good night, and sweet dreams.
"""
ABSTRACT = lx.words("friendship courage honesty kindness patience love hope sharing time luck winter summer spring autumn rain snow music dreams peace home night happiness teamwork sleep space magic gold water fire wind light")

WEATHER_EVENTS = "[it began to rain|it began to snow|a storm came up|the wind was cold|dark clouds came|it rained for three days|the snow was deep|it was very hot]"


def _split(block: str) -> list[str]:
    """Split at bars outside of square brackets."""
    parts, depth, part = [], 0, ""
    for char in block.replace("\n", "|"):
        depth += (char == "[") - (char == "]")
        if char == "|" and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += char
    return [*parts, part]


_PROMPTS = [p for p in _split(PROMPTS.strip()) if p]
_PROMPTS_MORE = [p for p in _split(PROMPTS_WITH_MORE.strip()) if p]
_OPENINGS = [p for p in _split(OPENINGS.strip()) if p]
_NAMED = _split(NAMED)
_TRAITS = [p for p in _split(TRAITS.strip()) if p]
_DETAILS = [p for p in _split(DETAILS.strip()) if p]
_ENDINGS = _split(ENDINGS.strip())
_PLOTS = {name: [_split(stage) for stage in stages] for name, stages in PLOTS.items()}
STAGES = ("story: trouble", "story: middle", "story: turn", "story: ending")


def template_count() -> int:
    plots = sum(len(stage) for stages in _PLOTS.values() for stage in stages)
    return len(_PROMPTS) + len(_PROMPTS_MORE) + len(_OPENINGS) + len(_NAMED) + len(_TRAITS) + len(_DETAILS) + len(_ENDINGS) + plots


def held_out(subject: str, prompt: str) -> bool:
    """One in twelve pairs of subject and prompt never enters training."""
    return hashlib.md5(f"{subject}|{prompt}".encode()).digest()[0] < 21


def _subject(rng: random.Random) -> tuple[str, str]:
    """A noun and its class. A third are rare or invented: they teach copying."""
    kind = rng.choices(
        ["animal", "person", "creature", "thing", "rare", "invented"], [26, 10, 8, 16, 14, 26]
    )[0]
    if kind == "animal":
        return rng.choice(lx.ANIMALS), kind
    if kind == "person":
        return rng.choice(lx.PEOPLE + lx.JOBS), kind
    if kind == "creature":
        return rng.choice(lx.CREATURES), kind
    if kind == "thing":
        return rng.choice(lx.THINGS), kind
    if kind == "rare":
        return rng.choice(lx.RARE_NOUNS), kind
    return invented_noun(rng), kind


_SHE = set("girl woman grandmother mother sister aunt queen princess witch fairy mermaid hen cow".split())
_HE = set("boy man grandfather father brother uncle king prince wizard rooster knight".split()) | {"old man", "young man"}


def _pronouns(rng: random.Random, noun: str, kind: str, plural_subject: bool) -> dict[str, str]:
    if plural_subject:
        he, him, his = "they", "them", "their"
    elif noun in _SHE or noun.endswith("woman"):
        he, him, his = "she", "her", "her"
    elif noun in _HE:
        he, him, his = "he", "him", "his"
    elif kind in ("person", "creature"):
        he, him, his = rng.choice([("he", "him", "his"), ("she", "her", "her")])
    else:
        he, him, his = rng.choice([("it", "it", "its"), ("he", "him", "his"), ("she", "her", "her")])
    return {"he": he, "him": him, "his": his, "He": capital(he), "His": capital(his)}


def _slots(rng: random.Random, noun: str, kind: str, adjective: str, many: bool) -> dict[str, str]:
    friend = rng.choice(lx.ANIMALS + lx.CREATURES + lx.PEOPLE[:14]) if rng.random() < 0.9 else invented_noun(rng)
    while friend == noun:
        friend = rng.choice(lx.ANIMALS)
    friend_adjective = rng.choice(["", "", "", *lx.GOOD_TRAITS, "old", "little"])
    full = f"{adjective} {noun}".strip()
    short = f"little {noun}" if adjective.endswith("little") and rng.random() < 0.3 else noun
    places = rng.sample(lx.PLACES_NATURE + lx.PLACES_TOWN, 3)
    plant = rng.choice(["tree", "bush", "oak", "rose", "fern", "willow", "pine", "branch"])
    slots = {
        "a": full if many else with_article(full),
        "the": f"the {short}",
        "The": f"The {short}",
        "was": "were" if many else "was",
        "were": "were",
        "a_friend": with_article(f"{friend_adjective} {friend}".strip()),
        "the_friend": f"the {friend}",
        "The_friend": f"The {friend}",
        "a_plant": with_article(plant),
        "place": places[0], "place2": places[1], "place3": rng.choice(["river", "lake", "hill", "bridge", "pond", "field", "valley", "swamp"]),
        "time": "[morning|evening|day|night|afternoon]",
        "trait": rng.choice(lx.GOOD_TRAITS), "trait2": rng.choice(lx.GOOD_TRAITS), "bad": rng.choice(lx.BAD_TRAITS),
        "happy": rng.choice(["happy", "glad", "proud", "very happy", "thankful", "cheerful", "joyful"]),
        "size": rng.choice(["big", "small", "tall", "long", "large"]),
        "food": rng.choice(["apples", "bread", "cheese", "cake", "honey", "nuts", "soup", "cookies", "berries", "milk", "pancakes", "carrots", "chocolate", "cherries", "jam", "pie"]),
        "foods": plural(rng.choice(["apple", "nut", "cherry", "cookie", "pear", "plum", "carrot", "pancake", "berry", "strawberry", "sandwich", "egg", "peach", "cake"])),
        "thing": rng.choice(lx.THINGS[:60]), "colour": rng.choice(lx.COLOURS), "tool": rng.choice(["hammer", "saw", "rope", "ladder", "spade", "shovel", "net", "hook"]),
        "toys": rng.choice(["dolls", "balls", "puppets", "drums", "toys", "kites"]),
        "vehicle": rng.choice(["train", "bus", "boat", "bicycle", "ship", "car", "sled", "plane"]),
        "weather_event": WEATHER_EVENTS, "weather": rng.choice(["rain", "wind", "storm", "snow", "frost", "sun", "fog"]),
        "music": rng.choice(["birds", "rain", "wind", "bells", "music", "radio", "sea"]),
        "count": rng.choice(["stars", "clouds", "flowers", "stones", "birds", "boats", "trees", "leaves", "shells"]),
        "dream": rng.choice(["sea", "moon", "mountains", "stars", "big city", "sky", "snow", "jungle"]),
        "adj_music": rng.choice(["sweet", "soft", "beautiful", "strange", "lovely", "happy"]),
        "instrument": rng.choice(["violin", "drum", "flute", "guitar", "piano", "bell", "horn"]),
        "room": rng.choice(["kitchen", "attic", "cellar", "garage", "hall", "bedroom", "workshop"]),
        "monster": rng.choice(["monster", "dragon", "ghost", "giant", "troll", "wolf"]),
    }
    return slots | _pronouns(rng, noun, kind, many)


def _introduce(template: str, slots: dict[str, str]) -> str:
    """The friend is "a hen" when first met and "the hen" ever after."""
    parts = re.split(r"(\{(?:a|the|The)_friend\})", template)
    for i, part in enumerate(parts):
        if not part.endswith("_friend}"):
            continue
        if "met" not in slots:
            parts[i] = capital(slots["a_friend"]) if part == "{The_friend}" else "{a_friend}"
            slots["met"] = "yes"
        elif part == "{a_friend}":
            parts[i] = "{the_friend}"
    return "".join(parts)


def _fill(rng: random.Random, template: str, slots: dict[str, str], stage: str) -> list[Sentence]:
    text = expand(rng, _introduce(template, slots), slots)
    return [Sentence(capital(text), stage)] if text else []


def story(rng: random.Random, training: bool = True, noun: str | None = None, prompt: str | None = None) -> Exchange:
    """One story with the prompt that asks for it."""
    if noun is None and rng.random() < 0.04:
        return _story_of_theme(rng)
    while True:
        chosen, kind = (noun, "rare") if noun else _subject(rng)
        many = noun is None and rng.random() < 0.07 and kind != "person"
        adjective = rng.choice([*lx.GOOD_TRAITS, *lx.BAD_TRAITS, *lx.COLOURS, *lx.SIZES, "young", "old", "strange", "lost", "brave little", "little", "tired", "hungry", "magic", "sad", "happy"]) if noun is None and rng.random() < 0.25 else ""
        asked = prompt or rng.choice(_PROMPTS)
        if prompt or held_out(chosen, asked) != training:
            break
    if many:
        chosen = plural(chosen)
        adjective = rng.choice([adjective, "two", "three", "some"])
    slots = _slots(rng, chosen, kind, adjective, many)
    plot = rng.choice(list(_PLOTS))
    name = None
    if noun is None and not many and rng.random() < 0.15:
        asked = rng.choice(_PROMPTS)
        name = rng.choice(lx.GIRLS + lx.BOYS) if rng.random() < 0.6 else invented_name(rng)
        slots["name"] = name
        slots["a"] += f" [named|called] {name}" if rng.random() < 0.5 else f" named {name}"
        slots["a"] = expand(rng, slots["a"])
        if name in lx.GIRLS:
            slots |= {"he": "she", "him": "her", "his": "her", "He": "She", "His": "Her"}
        elif name in lx.BOYS:
            slots |= {"he": "he", "him": "him", "his": "his", "He": "He", "His": "His"}
        if rng.random() < 0.6:
            slots["the"] = rng.choice([name, slots["the"]])
            slots["The"] = capital(slots["the"])
    elif noun is None and rng.random() < 0.2:
        more = expand(rng, rng.choice(MORE), {"place": slots["place"]})
        plot = next((p for key, p in MORE_PLOT.items() if key in more), plot)
        if many:
            more = "in the " + slots["place"]
            plot = "trip"
        slots["more"] = more
        asked = rng.choice(_PROMPTS_MORE)
    elif noun is None and not many and rng.random() < 0.06:
        slots["more"] = "and " + slots["a_friend"]
        slots["met"] = "yes"
        asked = rng.choice(_PROMPTS_MORE)
    question = expand(rng, asked, slots)
    opening = rng.choice(_OPENINGS)
    tale = _fill(rng, opening, slots, "story: opening")
    if name is None and not many and rng.random() < 0.15:
        slots["name"] = rng.choice(lx.GIRLS + lx.BOYS)
        if slots["he"] != "it":
            slots["name"] = rng.choice(lx.GIRLS if slots["he"] == "she" else lx.BOYS)
        tale += _fill(rng, rng.choice(_NAMED), slots, "story: name")
    for trait in rng.sample(_TRAITS, rng.choice((1, 1, 2, 2))):
        tale += _fill(rng, trait, slots, "story: character")
    for stage, options in zip(STAGES, _PLOTS[plot], strict=True):
        tale += _fill(rng, rng.choice(options), slots, stage)
        if stage != STAGES[-1] and rng.random() < 0.3:
            tale += _fill(rng, rng.choice(_DETAILS), slots, stage)
    tale += _fill(rng, rng.choice(_ENDINGS), slots, "story: ending")
    whole = " ".join(s.text for s in tale)
    if chosen not in whole[len(whole) * 2 // 3 + len(chosen) :]:
        tale += _fill(rng, f"And so the story of the {chosen} ends.", slots, "story: ending")
    sentiment = "happy" if plot in ("treasure", "friend", "birthday", "music", "fly", "trip") else ""
    return Exchange("story", question, tale, topic=f"story of {plot}", sentiment=sentiment, subject=chosen)


def _story_of_theme(rng: random.Random) -> Exchange:
    theme = rng.choice(ABSTRACT) if rng.random() < 0.6 else plural(invented_noun(rng))
    inner = story(rng, noun=rng.choice(lx.ANIMALS), prompt="{a}")
    first = expand(rng, "[This is a story about {t}.|Here is a story about {t}.|I know a story about {t}.]", {"t": theme})
    last = expand(rng, "[And that was a story about {t}.|That is what {t} can do.|So this was the story about {t}.]", {"t": theme})
    question = expand(rng, rng.choice(_PROMPTS), {"a": theme})
    tale = [Sentence(first, "story: opening"), *inner.answer, Sentence(last, "story: ending")]
    return Exchange("story", question, tale, topic=inner.topic, subject=theme)
