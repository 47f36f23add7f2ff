"""Questions and answers about the small world of the lexicon."""

from __future__ import annotations

import random
from collections.abc import Callable

from . import lexicon as lx
from .document import Exchange, Sentence, say
from .grammar import capital, expand, invented_noun, plural, with_article

Maker = Callable[[random.Random], Exchange]


def _answer(rng: random.Random, templates: list[str] | str, slots: dict[str, str]) -> list[Sentence]:
    template = templates if isinstance(templates, str) else rng.choice(templates)
    return say(*(capital(expand(rng, part, slots)) for part in template.split(" / ")))


def _exchange(rng: random.Random, topic: str, questions: list[str], answers: list[str], slots: dict[str, str], sentiment: str = "", subject: str | None = None) -> Exchange:
    question = capital(expand(rng, rng.choice(questions), slots))
    lead = ""
    if question.endswith("?") and topic in ("animals", "food", "work", "weather", "school", "nature and home") and rng.random() < 0.12:
        lead = "[Sure|Good question|Of course]! / "
    return Exchange("question", question, _answer(rng, lead + rng.choice(answers), slots), topic, sentiment, subject)


_EXTRA = [
    "", "", "", " / [It is a|That makes it a|What a] {group_word}.", " / Many people like {animals}.", " / It lives in {home}.",
    " / It can {ability}.", " / A young one is called {young}.", " / It likes to eat {food}.",
]


def animal_question(rng: random.Random) -> Exchange:
    animal = rng.choice(lx.ANIMALS)
    food, home, sound, young, ability, group = lx.ANIMAL_FACTS[animal]
    slots = {"an": with_article(animal), "animal": animal, "animals": plural(animal), "food": food, "home": home, "sound": sound,
             "young": young, "ability": ability, "group_word": f"[useful|nice|wonderful|clever|strange|special] {group}", "group": group}
    extra = rng.choice(_EXTRA)
    if group in ("insect", "fish") and rng.random() < 0.5:
        extra = ""
    frames: list[tuple[list[str], list[str]]] = [
        (["what does {an} eat?", "what do {animals} eat?", "what is the food of {an}?", "what should I feed {an}?", "do you know what {animals} eat?", "what does {an} like to eat?"],
         ["{an} eats {food}.", "{animals} eat {food}.", "most {animals} like {food}.", "it eats {food}."]),
        (["where does {an} live?", "where do {animals} live?", "what is the home of {an}?", "where can I find {an}?", "where do {animals} sleep?"],
         ["{an} lives in {home}.", "{animals} live in {home}.", "you can find {an} in {home}.", "its home is {home}."]),
        (["what sound does {an} make?", "how does {an} sound?", "what noise do {animals} make?", "what does {an} say?"],
         ["{an} {sound}.", "it {sound}.", "{an} {sound} when it is [happy|hungry|afraid|awake]."]),
        (["what is a young {animal} called?", "what do you call a baby {animal}?", "what is the baby of {an} called?", "how do we call young {animals}?"],
         ["a young {animal} is called {young}.", "it is called {young}.", "we call it {young}."]),
        (["what can {an} do?", "what are {animals} good at?", "what is special about {an}?", "why are {animals} special?", "tell me something about {animals}."],
         ["{an} can {ability}.", "{animals} can {ability}.", "it can {ability}. / That is [amazing|very useful|special]."]),
        (["what is {an}?", "what kind of animal is {an}?", "is {an} an animal?", "can you explain what {an} is?", "describe {an}."],
         ["{an} is an animal. / It lives in {home} and eats {food}.", "{an} is {a_group}. / It can {ability}.", "it is {a_group} that eats {food}."]),
        (["can I keep {an} as a pet?", "is {an} a good pet?", "would {an} be a good pet?"],
         ["it needs {food} and a lot of care. / Ask [your parents|an adult|a vet] first.", "{an} needs space and {food}. / A [cat|dog|hamster] is easier."]),
        (["how do I take care of {an}?", "how can I look after {an}?", "my {animal} is hungry. What can I do?"],
         ["give it {food} and fresh water. / Be gentle and patient.", "it needs {food}, water and a quiet place.", "give your {animal} {food}."]),
        (["my {animal} is sick. What can I do?", "my {animal} does not eat. What should I do?", "I think my {animal} is ill."],
         ["I am sorry to hear that. / Please take your {animal} to a vet.", "keep it warm and give it water. / A vet can help your {animal}."]),
    ]
    slots["a_group"] = with_article(group)
    questions, answers = rng.choice(frames)
    return _exchange(rng, "animals", questions, [a + extra for a in answers] if rng.random() < 0.5 else answers, slots, subject=animal)


def food_question(rng: random.Random) -> Exchange:
    food = rng.choice(lx.FOODS)
    colour, taste, kind, source, use = lx.FOOD_FACTS[food]
    countable = food not in set("bread cheese butter yoghurt milk honey chocolate rice pasta soup salad fish jam oatmeal corn spinach".split())
    slots = {"food": food, "foods": plural(food) if countable else food, "a_food": with_article(food) if countable else food,
             "are": "are" if countable else "is", "do": "do" if countable else "does", "s": "" if countable else "s", "come": "come" if countable else "comes",
             "colour": colour, "taste": taste, "kind": kind, "a_kind": with_article(kind), "source": source, "use": use, "it": "them" if countable else "it"}
    other = rng.choice(["apples", "bread", "carrots", "cheese", "nuts", "rice", "eggs", "soup", "pears", "beans"])
    slots["other"] = other
    frames = [
        (["what colour is {a_food}?", "which colour {are} {foods}?", "what colour {do} {foods} have?"], ["{a_food} is {colour}.", "{foods} {are} {colour}.", "it is {colour}."]),
        (["how {do} {foods} taste?", "what {do} {foods} taste like?", "is {a_food} sweet?", "{are} {foods} sweet or sour?"], ["{foods} taste{s} {taste}.", "the taste is {taste}.", "it tastes {taste}, I think."]),
        (["what is {a_food}?", "what kind of food is {a_food}?", "explain what {a_food} is."], ["{a_food} is {a_kind}.", "it is {a_kind} and comes {source}.", "it is {a_kind}. / It tastes {taste}."]),
        (["where {do} {foods} come from?", "how do we get {foods}?", "where {do} {foods} grow?"], ["{foods} {come} {source}.", "we get {it} {source}."]),
        (["how do people eat {foods}?", "how should I eat {foods}?", "what can I make with {foods}?", "what goes well with {foods}?"], ["people eat {it} {use}.", "you can eat {foods} {use}.", "many people like {it} {use}."]),
        (["{are} {foods} healthy?", "is it good to eat {foods}?", "can I eat {foods} every day?"], ["{foods} {are} fine as a part of a good meal. / Eat many different things.", "yes, but not only {foods}. / Eat {other} too.", "a little is good. / Too much is not."]),
        (["do you like {foods}?", "what do you think about {foods}?", "I love {foods}.", "my favourite food is {food}."], ["{foods} {are} a nice choice. / I cannot eat, but people say the taste is {taste}.", "many people love {foods}.", "that sounds good! / Do you like {it} {use}?"]),
        (["I do not like {foods}.", "I hate {foods}.", "my child does not eat {foods}."], ["that is all right. / Maybe try {other} instead.", "not everybody likes {foods}. / You can eat {other}."]),
        (["what should I cook with {foods} and {other}?", "I have {foods} and {other}. What can I cook?", "can you give me a recipe with {foods}?", "how do I cook {foods}?"],
         ["wash the {foods} and cut everything into small pieces. / Then cook it [with a little oil|with butter|in a pot] for [ten|twenty|five] minutes. / Add some salt.",
          "make a [soup|salad|warm meal] with {foods} and {other}. / It is easy and quick.", "first heat some water. / Then add the {foods} and a little salt. / After [ten|fifteen|twenty] minutes it is done."]),
        (["what can I eat for [breakfast|lunch|dinner]?", "I am hungry. What should I eat?", "what is a good [breakfast|lunch|dinner|snack]?"], ["how about {foods} with {other}?", "you could eat {foods} and {other}. / Drink a glass of water too.", "try {foods}. / It tastes {taste}."]),
        (["what can I drink?", "I am thirsty.", "what should I drink when it is [hot|cold]?"], ["a glass of [water|milk|juice] is good.", "drink some [water|tea|lemonade]. / Water is always a good idea."]),
    ]
    questions, answers = rng.choice(frames)
    return _exchange(rng, "food", questions, answers, slots, subject=food)


def job_question(rng: random.Random) -> Exchange:
    job = rng.choice(lx.JOBS)
    place, task, tool = lx.JOB_FACTS[job]
    slots = {"job": job, "a_job": with_article(job), "jobs": plural(job), "place": place, "task": task, "tool": tool}
    frames = [
        (["what does {a_job} do?", "what is the work of {a_job}?", "what is {a_job}?", "can you tell me what {jobs} do?"], ["{a_job} {task}.", "{a_job} works {place} and {task}.", "{a_job} {task} with {tool}."]),
        (["where does {a_job} work?", "where do {jobs} work?"], ["{a_job} works {place}.", "you can meet {a_job} {place}.", "most {jobs} work {place}."]),
        (["what does {a_job} need?", "what does {a_job} use?", "which tools does {a_job} need?"], ["{a_job} uses {tool}.", "{a_job} needs {tool}.", "for the work, {a_job} needs {tool}."]),
        (["I want to be {a_job}.", "my dream is to be {a_job}.", "how can I become {a_job}?", "what do I need to learn to be {a_job}?"], ["that is a good dream. / {a_job} {task}, so practise every day.", "you can learn it step by step. / Talk to {a_job} and ask questions.", "wonderful! / {a_job} {task}."]),
        (["my [mother|father|sister|brother|uncle|aunt] is {a_job}.", "I work as {a_job}.", "I am {a_job}."], ["that is important work. / {a_job} {task}.", "how interesting! / Do you work {place}?", "thank you for telling me. / {jobs} are very useful."]),
        (["is it hard to be {a_job}?", "is {a_job} an important job?", "why do we need {jobs}?"], ["we need {jobs}, because {a_job} {task}.", "yes, it is hard sometimes, but {a_job} {task}."]),
    ]
    questions, answers = rng.choice(frames)
    return _exchange(rng, "work", questions, answers, slots, subject=job)


# Topic: pairs of questions (split at "|" outside of brackets) and answers. " / " ends a sentence's template.
_PLAIN: dict[str, list[tuple[str, str]]] = {
    "weather": [
        ("what is the weather like in {season}?; how is the weather in {season}?; what happens in {season}?", "in {season} it is {season_weather}.; {season} is {season_weather}. / {season_more}"),
        ("what should I wear when it [rains|is raining]?; it is raining. What should I wear?; what do I need in the rain?", "wear a raincoat and [boots|good shoes]. / Take an umbrella with you.; take an umbrella and wear a warm jacket."),
        ("what should I wear when it is [cold|snowing]?; it is cold outside. What should I wear?", "wear a warm coat, a scarf and gloves.; put on a hat, a thick sweater and [warm socks|boots]."),
        ("what should I wear when it is hot?; it is very hot today.; it is so warm outside.", "wear a light shirt and a hat. / Drink a lot of water.; stay in the shade and drink water."),
        ("why does it rain?; where does rain come from?; what is rain?", "water from the sea goes up into the air and makes clouds. / When the clouds are heavy, it rains.; rain is water that falls from the clouds."),
        ("why is there a rainbow?; what is a rainbow?; when can I see a rainbow?", "a rainbow comes when the sun shines through the rain.; you can see a rainbow when there is sun and rain at the same time. / It has many colours."),
        ("what is snow?; where does snow come from?; why does it snow?", "snow is frozen water that falls from the clouds.; when the air is very cold, the water in the clouds turns into snow."),
        ("what is wind?; why is it windy?; where does the wind come from?", "wind is air that moves.; warm air goes up and cold air comes in. / That is the wind."),
        ("what should I do in a storm?; is a storm dangerous?; there is thunder outside.; I hear thunder.", "stay inside and close the windows. / The storm will be over soon.; go inside and wait. / Do not stand under a tree."),
        ("will it rain tomorrow?; how will the weather be on {day}?; what is the weather today?; is it sunny outside?", "I cannot see the sky, so I do not know. / Look out of the window.; I do not know the weather today. / You can ask the radio or look outside."),
        ("do you like the [rain|snow|sun|wind]?; what is the best weather?", "I think every weather is good for something. / Rain is good for the plants.; many people like the sun. / I like to hear about the rain."),
        ("what is fog?; what is a cloud?; what are clouds made of?", "it is made of many tiny drops of water.; a cloud is made of tiny drops of water in the sky."),
        ("which season is the [warmest|coldest]?; how many seasons are there?; what are the four seasons?; name the seasons.", "the four seasons are spring, summer, autumn and winter.; there are four seasons. / Summer is the warmest and winter is the coldest."),
    ],
    "feelings": [
        ("I am {bad}.; I feel {bad} today.; I feel so {bad}.; today I am very {bad}.", "I am sorry that you feel {bad}. / Do you want to tell me more?; it is all right to feel {bad}. / Take a deep breath and talk to a friend.; I am sorry to hear that. / Maybe a walk outside will help."),
        ("I am {good}.; I feel {good} today!; today I am so {good}.", "that is wonderful! / I am glad that you feel {good}.; how nice! / What made you feel so {good}?; I am happy for you."),
        ("what can I do when I am {bad}?; how do I feel better when I am {bad}?; what helps when I feel {bad}?", "talk to somebody you trust. / Then do something nice, like [listening to music|reading a book|taking a walk].; take a deep breath and count to ten. / Then talk about it.; you can [draw a picture|write it down|call a friend]. / The feeling will pass."),
        ("my friend is {bad}. What can I do?; my [sister|brother|mother|friend] feels {bad}.; how can I help a {bad} friend?", "listen to your friend and be kind. / Ask what would help.; sit with your friend and listen. / A [hug|cup of tea|kind word] can help."),
        ("how do I say sorry?; I was mean to my friend.; I hurt my friend with words. What now?; I shouted at my {relative}.", "say that you are sorry and listen. / Then try to make it right.; tell the truth and say sorry from your heart. / Everybody makes mistakes."),
        ("I had a fight with my {relative}.; my {relative} is angry with me.; I am angry with my {relative}.", "wait until you are both calm. / Then talk about it and listen to each other.; I am sorry. / Tell your {relative} how you feel."),
        ("I cannot sleep.; I had a bad dream.; I am afraid of the dark.", "that is hard. / Drink some warm milk and think of something nice.; it was only a dream. / You are safe now.; leave a small light on and take slow breaths."),
        ("nobody likes me.; I have no friends.; how do I make friends?; how can I find a friend?", "I am sorry that you feel alone. / Smile, say hello and ask someone to play.; be kind and listen to others. / Friendship needs time.; you can join a group and do something you love."),
        ("I passed my test!; I won a prize!; I got a new {pet}!; it is my birthday today!", "that is great news! / Well done!; how wonderful! / I am happy for you.; congratulations! / Enjoy this day."),
        ("I lost my {thing}.; my {thing} is broken.; I failed my test.; my {pet} ran away.", "I am sorry to hear that. / Try again tomorrow, and ask for help.; oh no! / Think about where you saw it last.; that is sad. / I hope that things get better soon."),
        ("what is {feeling_noun}?; what does {feeling_noun} mean?; can you explain {feeling_noun}?", "{feeling_noun} is a feeling that everybody has sometimes.; it is a strong feeling in the heart. / Everyone knows {feeling_noun}."),
    ],
    "family": [
        ("who is the mother of my mother?; what do I call the mother of my father?", "she is your grandmother."),
        ("who is the father of my father?; what do I call the father of my mother?", "he is your grandfather."),
        ("who is the brother of my [mother|father]?; what do I call my father's brother?", "he is your uncle."),
        ("who is the sister of my [mother|father]?; what do I call my mother's sister?", "she is your aunt."),
        ("who is the [son|daughter|child] of my [aunt|uncle]?; what is a cousin?", "the child of your aunt or uncle is your cousin."),
        ("what can I give my {relative} for a birthday?; what is a good present for my {relative}?; my {relative} has a birthday on {day}.", "a [book|cake|picture|plant] is a nice present.; make something yourself, like a [card|cake|picture]. / Your {relative} will be happy."),
        ("I have [one|two|three] [brothers|sisters].; my {relative} is called {name}.; this is my {relative} {name}.", "how nice! / Tell me more about your family.; {name_or_they} must be proud of you.; what do you like to do together?"),
        ("I miss my {relative}.; my {relative} is far away.; my {relative} is in hospital.", "I am sorry. / You could call or write a letter.; that must be hard. / Your {relative} thinks of you, too."),
        ("how can I help my {relative} at home?; what can I do for my {relative}?", "you can [wash the dishes|clean the kitchen|cook a meal|carry the bags]. / Your {relative} will be glad.; ask your {relative} what needs to be done."),
        ("what can we do as a family on {day}?; what can I do with my {relative}?", "you can play a game, cook together or go to the {place}.; how about a picnic in the {place}?; you could visit the {place} together."),
        ("do you have a family?; do you have a [mother|brother|sister]?", "no, I am a small language model. / But I like to hear about your family.; I have no family, but many people made me."),
    ],
    "school": [
        ("how do I learn [spelling|reading|new words|numbers]?; how can I get better at [maths|reading|writing|science]?", "practise a little every day. / Ask your teacher when you do not understand something.; make small steps and repeat them. / It gets easier with time."),
        ("I have a test on {day}.; tomorrow I have a test.; I am nervous about my test.", "learn a little today and sleep well. / You can do it!; read your notes once more and take a break. / Good luck!"),
        ("I do not like school.; school is boring.; my teacher is very strict.", "I understand. / What is the hardest part for you?; that happens. / Try to find one thing that you like at school."),
        ("what do I need for school?; what should be in my school bag?", "you need a pencil, a notebook, [a ruler|an eraser] and your books.; pack your books, a pen and something to eat."),
        ("how do I do my homework faster?; my homework is so hard.; can you help me with my homework?", "start with the easy part. / Then take the hard part step by step.; yes, ask me something. / We can think about it together.; put your phone away and work for twenty minutes."),
        ("what is a [noun|verb]?; what is the difference between a noun and a verb?", "a noun names a thing, and a verb says what it does.; {noun} is a noun. / To run is a verb."),
        ("how many {count_what}?", "{count_answer}"),
        ("what comes after {n1}?; which number comes after {n1}?", "after {n1} comes {n2}.; {n2} comes after {n1}."),
        ("what comes before {n2}?; which number is before {n2}?", "before {n2} comes {n1}.; {n1} comes before {n2}."),
        ("what is {sum_a} plus {sum_b}?; how much is {sum_a} and {sum_b}?", "{sum_a} plus {sum_b} is {sum_c}.; it is {sum_c}."),
        ("what is the opposite of {opp_a}?; what is the contrary of {opp_a}?", "the opposite of {opp_a} is {opp_b}.; it is {opp_b}."),
        ("what day comes after {day}?; which day is after {day}?", "after {day} comes {day2}.; {day2} comes after {day}."),
        ("what month comes after {month}?; which month follows {month}?", "after {month} comes {month2}.; {month2} comes after {month}."),
        ("why do we go to school?; why should I learn?; why is reading important?", "at school you learn to read, to write and to think.; because knowing things makes life easier and more fun.; books can take you to every place in the world."),
    ],
    "work": [
        ("I have too much work.; my boss is angry with me.; I am tired of my job.; work was hard today.", "I am sorry. / Take a short break and start with the most important thing.; that sounds hard. / Talk about it with your team."),
        ("how do I write a good email?; can you help me with an email?; how should I start a letter?", "start with a friendly hello. / Say what you need in short sentences and say thanks at the end.; be short, clear and polite."),
        ("I have a meeting on {day}.; what should I do before a meeting?; I have a job interview on {day}.", "write down what you want to say. / Be on time and breathe.; read your notes and sleep well. / Good luck!"),
        ("how can I work better?; how do I plan my day?; I cannot focus.", "make a list and do one thing at a time.; start with the hardest thing and take breaks.; put your phone away and drink some water."),
        ("I got a new job!; I finished my project!; my boss said that I did well.", "congratulations! / That is great news.; well done! / You worked hard for it."),
        ("my colleague does not help me.; I do not understand my task.; I made a mistake at work.", "talk about it in a calm way. / Ask for help early.; everybody makes mistakes. / Tell your boss and make it right."),
    ],
    "travel": [
        ("how do I get to the {town_place}?; where is the {town_place}?; I am looking for the {town_place}.", "I do not know your town. / Ask someone on the street or look at a map.; look at a map, or ask at the {town_place2}."),
        ("what should I take on a trip to the {nature}?; I am going to the {nature}. What do I need?; what do I pack for a trip?", "take good shoes, water and a warm jacket.; pack [a map|a lamp], some food and [a hat|a raincoat].; do not forget your ticket, some food and a good book."),
        ("how can I travel to the {nature}?; should I go by {vehicle} or by {vehicle2}?; is it better to go by {vehicle}?", "the {vehicle} is good for a long way. / The {vehicle2} may be cheaper.; you can go by {vehicle} or by {vehicle2}.; take the {vehicle}. / It is easy, and you can look out of the window."),
        ("I am going on holiday on {day}!; next week I will travel to the {nature}.; I will visit the {nature} in {season}.", "have a good trip! / What do you want to see there?; how exciting! / Take a lot of pictures.; enjoy the {nature}!"),
        ("what can I see in the {nature}?; what is there to see in a {town_place}?; why do people visit the {nature}?", "people like to walk there and look at nature.; there are many nice things to see. / Take your time.; it is quiet and beautiful there."),
        ("I missed my {vehicle}.; my {vehicle} is late.; I lost my ticket.", "oh no! / Ask at the station for the next {vehicle}.; I am sorry. / Stay calm and ask somebody for help."),
        ("I am afraid of flying.; is it safe to go by {vehicle}?; I get sick in the {vehicle}.", "many people feel that way. / Breathe slowly and look out of the window.; yes, it is very safe. / Drink some water and rest."),
        ("where should I go on holiday?; what is a nice place for a trip?; can you plan a trip for me?", "you could go to the {nature}. / It is beautiful in {season}.; how about the {nature}? / In {season} it is [quiet|warm|lovely] there."),
        ("what is a [passport|ticket|map|hotel|suitcase]?", "it is something that you need for a trip.; it is useful when you travel."),
    ],
    "nature and home": [
        ("how do I grow {plants}?; how do I take care of a {plant}?; my {plant} looks sad.; how can I plant a {plant}?", "give it light, good soil and water.; put it in a sunny place and give it water twice a week.; plants need sun, water and time. / Be patient."),
        ("why is the sky blue?; what is the sun?; what is the moon?; what is a star?", "the sun is a star that gives us light and warmth.; the moon moves around the earth and shines at night.; light from the sun is scattered in the air, and blue light the most."),
        ("how do I clean my {room}?; my {room} is a mess.; how can I keep my {room} clean?", "first put everything in its place. / Then wipe the tables and sweep the floor.; open the window and start in one corner."),
        ("how do I repair my {thing}?; how can I fix a broken {thing}?; can you help me to fix my {thing}?", "look at the broken part first. / Maybe you need glue or a new screw.; ask someone with tools for help. / Be careful with sharp things."),
        ("what is a {thing}?; what do people do with a {thing}?; why do people have a {thing}?", "a {thing} is a thing that many people know. / You can see one in a {town_place}.; it is a useful thing. / Some people have a {thing} at home."),
        ("what is made of {material}?; what can we make from {material}?; tell me about {material}.", "people make many things from {material}, like [toys|cups|tables|tools].; {material} is a material. / We use it every day."),
        ("what is your favourite colour?; do you like {colour}?; which colour is the best?", "I like {colour2}. / It looks [warm|calm|fresh].; {colour} is a nice colour. / What do you like?"),
        ("how can I get rid of [weeds|ants|flies] at home?; how do I kill the weeds in my garden?; how do I stop the mosquitoes?", "pull the weeds out by hand after the rain.; keep the {room} clean and close the windows.; you can use a net and keep food in a box."),
        ("what time is it?; what day is it today?; where am I?; what is my name?", "I do not know that, because I cannot see you. / Look at a clock.; I cannot know that. / Can you tell me?"),
        ("what is a {unknown}?; do you know what a {unknown} is?; have you ever seen a {unknown}?; what does a {unknown} eat?", "I am not sure what a {unknown} is. / Can you tell me more?; I do not know the word {unknown}. / What is it?; I have never heard of a {unknown}, but I would like to learn."),
        ("what does the word {unknown} mean?; can you explain {unknown}?", "I do not know the word {unknown}. / Where did you read it?; I am sorry, I do not know what {unknown} means."),
    ],
    "health": [
        ("my {body} hurts.; I have a pain in my {body}.; I hurt my {body}.", "I am sorry that your {body} hurts. / Rest a little, and see a doctor if it does not get better.; be careful with your {body}. / A doctor can help you."),
        ("I have a cold.; I am sick.; I have a fever.; I feel ill today.", "I hope you feel better soon. / Drink warm tea and rest.; stay in bed and sleep a lot. / Call a doctor if you feel worse."),
        ("how can I stay healthy?; what is good for my body?; how can I sleep better?", "eat fruit and vegetables, move every day and sleep well.; go to bed at the same time and take a walk every day.; drink water and spend time outside."),
        ("what is the {body} for?; why do we have a {body}?; what do we need our {body} for?", "we use the {body} every day.; without the {body}, many things would be hard."),
        ("how often should I brush my teeth?; why should I wash my hands?; should I exercise?", "twice a day is good.; yes, it keeps you healthy.; clean hands keep you healthy."),
    ],
}
OPPOSITES = [tuple(p.split(":")) for p in "big:small hot:cold long:short high:low fast:slow old:young new:old happy:sad good:bad light:dark wet:dry loud:quiet full:empty early:late open:closed clean:dirty strong:weak rich:poor near:far up:down left:right day:night first:last easy:hard heavy:light soft:hard thick:thin tall:short brave:afraid kind:mean hungry:full awake:asleep same:different true:false inside:outside".split()]
COUNTS = [
    ("days are in a week", "a week has seven days."), ("months are in a year", "a year has twelve months."), ("hours are in a day", "a day has twenty-four hours."),
    ("legs does a spider have", "a spider has eight legs."), ("legs does a dog have", "a dog has four legs."), ("legs does a bird have", "a bird has two legs."),
    ("legs does an ant have", "an ant has six legs."), ("wheels does a bicycle have", "a bicycle has two wheels."), ("wheels does a car have", "a car has four wheels."),
    ("fingers do people have", "most people have ten fingers."), ("eyes does a cat have", "a cat has two eyes."), ("arms does an octopus have", "an octopus has eight arms."),
    ("minutes are in an hour", "an hour has sixty minutes."), ("seasons are there", "there are four seasons."), ("weeks are in a month", "a month has about four weeks."),
]
_SEASONS = {"spring": ("warm and rainy", "the flowers come out."), "summer": ("hot and sunny", "people go to the beach."), "autumn": ("cool and windy", "the leaves fall from the trees."), "winter": ("cold and snowy", "the lakes freeze.")}


def _plain_slots(rng: random.Random) -> dict[str, str]:
    season = rng.choice(lx.SEASONS)
    n = rng.randrange(0, 11)
    a, b = rng.randrange(1, 7), rng.randrange(1, 6)
    names = lx.NUMBERS[:12]
    day, month = rng.randrange(7), rng.randrange(12)
    left, right = rng.choice(OPPOSITES)[::rng.choice((1, -1))]
    count, count_answer = rng.choice(COUNTS)
    relative = rng.choice(["mother", "father", "sister", "brother", "grandmother", "grandfather", "aunt", "uncle", "cousin", "friend"])
    vehicles = rng.sample(["train", "bus", "boat", "bicycle", "ship", "car", "plane"], 2)
    towns = rng.sample(lx.PLACES_TOWN, 2)
    colours = rng.sample(lx.COLOURS, 2)
    plant = rng.choice(["rose", "tulip", "tomato plant", "daisy", "cactus", "fern", "sunflower", "tree", "bush", "flower"])
    bad = rng.choice(lx.FEELINGS_BAD)
    return {
        "season": season, "season_weather": _SEASONS[season][0], "season_more": capital(_SEASONS[season][1]), "bad": bad, "good": rng.choice(lx.FEELINGS_GOOD),
        "day": lx.DAYS[day], "day2": lx.DAYS[(day + 1) % 7], "month": lx.MONTHS[month], "month2": lx.MONTHS[(month + 1) % 12],
        "n1": names[n], "n2": names[n + 1], "sum_a": names[a - 1], "sum_b": names[b - 1], "sum_c": names[a + b - 1], "opp_a": left, "opp_b": right,
        "count_what": count, "count_answer": count_answer, "relative": relative, "name": rng.choice(lx.GIRLS + lx.BOYS), "name_or_they": "they",
        "place": rng.choice(["forest", "beach", "park", "zoo", "lake", "museum", "garden"]), "nature": rng.choice(lx.PLACES_NATURE + ("village", "city", "zoo")),
        "town_place": towns[0], "town_place2": towns[1], "vehicle": vehicles[0], "vehicle2": vehicles[1], "plant": plant, "plants": plural(plant),
        "room": rng.choice(["kitchen", "bedroom", "bathroom", "garage", "office"]), "thing": rng.choice(lx.THINGS), "material": rng.choice(["wood", "stone", "glass", "paper", "wool", "cotton", "gold", "iron", "clay", "metal", "leather"]),
        "colour": colours[0], "colour2": colours[1], "unknown": invented_noun(rng), "body": rng.choice(lx.BODY), "noun": capital(rng.choice(lx.THINGS)), "pet": rng.choice(["cat", "dog", "rabbit", "hamster", "parrot", "pony", "turtle"]),
        "feeling_noun": rng.choice(["joy", "fear", "anger", "love", "hope", "friendship", "happiness", "courage", "sadness"]),
    }


def plain_question(rng: random.Random) -> Exchange:
    topic = rng.choice(list(_PLAIN))
    questions, answers = rng.choice(_PLAIN[topic])
    slots = _plain_slots(rng)
    asked = rng.choice(questions.split("; "))
    given = _paired(asked, answers.split("; "), questions)
    sentiment = ""
    if topic == "feelings":
        sentiment = "unhappy" if "{bad}" in asked else "happy" if "{good}" in asked else ""
    return _exchange(rng, topic, [asked], given, slots, sentiment)


# Questions that stand together may still need different answers.
_FITS = {"sun?": ["sun"], "moon?": ["moon"], "star?": ["star"], "sky blue": ["blue"], "weeds": ["weeds"], "mosquitoes": ["net"], "ants": ["clean", "net"],
         "bad dream": ["only a dream", "warm milk"], "afraid of the dark": ["small light"], "cannot sleep": ["warm milk", "small light"], "teeth": ["twice"], "hands?": ["clean hands"], "exercise": ["keeps you healthy"],
         "test!": ["congrat", "Well", "well", "news"], "lost my {thing}": ["last", "sorry"], "broken.": ["sorry", "sad"], "failed": ["sorry", "sad"], "ran away": ["sad", "sorry"],
         "how many seasons": ["there are four"], "warmest": ["warmest"], "coldest": ["coldest"]}


def _paired(question: str, answers: list[str], _all: str) -> list[str]:
    for key, wanted in _FITS.items():
        if key in question:
            fitting = [a for a in answers if any(w in a for w in wanted)]
            if fitting:
                return fitting
    return answers


def listing(rng: random.Random) -> Exchange:
    """"Name three fruits": lists, in a line or one under the other."""
    groups = {
        "animals": lx.ANIMALS, "wild animals": ("fox", "bear", "wolf", "lion", "tiger", "deer", "elephant", "badger"), "farm animals": ("cow", "pig", "sheep", "goat", "hen", "horse", "duck", "goose", "donkey"),
        "birds": tuple(a for a in lx.ANIMALS if lx.ANIMAL_FACTS[a][5] == "bird"), "insects": ("bee", "ant", "butterfly", "ladybug", "cricket"),
        "fruits": tuple(f for f in lx.FOODS if lx.FOOD_FACTS[f][2] == "fruit"), "vegetables": tuple(f for f in lx.FOODS if lx.FOOD_FACTS[f][2] == "vegetable"),
        "colours": lx.COLOURS, "jobs": lx.JOBS, "tools": ("hammer", "saw", "ladder", "spade", "bucket", "broom", "needle", "knife"), "toys": ("ball", "doll", "kite", "puzzle", "puppet", "drum"),
        "vehicles": ("car", "bus", "train", "truck", "bicycle", "boat", "ship"), "clothes": ("shirt", "dress", "skirt", "hat", "coat", "scarf", "jacket", "sweater"), "things in a kitchen": ("spoon", "pot", "cup", "knife", "pan", "table"),
        "places": lx.PLACES_NATURE, "feelings": ("joy", "fear", "anger", "love", "hope", "sadness"), "seasons": lx.SEASONS, "weekdays": lx.DAYS, "months": lx.MONTHS, "instruments": ("violin", "drum", "flute", "guitar", "piano"),
        "parts of the body": lx.BODY, "flowers": ("rose", "tulip", "daisy", "lily", "sunflower"), "trees": ("oak", "pine", "willow", "maple"), "drinks": ("water", "milk", "tea", "juice", "coffee", "lemonade"), "pets": ("cat", "dog", "hamster", "rabbit", "goldfish", "parrot"),
        "school things": ("pencil", "pen", "ruler", "notebook", "eraser", "book"), "names for a girl": lx.GIRLS, "names for a boy": lx.BOYS, "names for a cat": lx.GIRLS + lx.BOYS, "names for a dog": lx.BOYS,
    }
    group = rng.choice(list(groups))
    n = min(rng.choice((2, 3, 3, 3, 4, 5)), len(groups[group]))
    items = rng.sample(groups[group], n)
    number = {2: "two", 3: "three", 4: "four", 5: "five"}[n]
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
    plain = sum(len(q.split("; ")) + len(a.split("; ")) for pairs in _PLAIN.values() for q, a in pairs)
    return plain + 9 * 8 + 11 * 6 + 6 * 6
