"""The words: who and what the corpus speaks about, by class.

A class does two jobs: it fills slots of templates, and it is later a known attribute of a token
("food", "verbs of motion") by which features of the sparse autoencoders get their names.
"""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """A list written as words in a text; "_" stands for a space inside an entry."""
    return tuple(w.replace("_", " ") for w in text.split())


# name: food, home, sound, young, what it can do, group
ANIMAL_FACTS: dict[str, tuple[str, str, str, str, str, str]] = {}


def _animals() -> None:
    table = """
fox|mice and berries|a den|barks|a kit|run very quietly|mammal
owl|mice|a hollow tree|hoots|an owlet|see in the dark|bird
cat|fish and meat|a house|meows|a kitten|climb trees|mammal
dog|meat and bones|a kennel|barks|a puppy|smell very well|mammal
rabbit|grass and carrots|a burrow|squeaks|a bunny|hop very fast|mammal
bear|fish and honey|a cave|growls|a cub|sleep all winter|mammal
mouse|cheese and seeds|a hole|squeaks|a pup|squeeze through tiny holes|mammal
horse|grass and hay|a stable|neighs|a foal|run very fast|mammal
cow|grass|a barn|moos|a calf|give milk|mammal
pig|corn and roots|a sty|oinks|a piglet|find food with its nose|mammal
sheep|grass|a field|bleats|a lamb|give us wool|mammal
goat|grass and leaves|a shed|bleats|a kid|climb steep rocks|mammal
duck|plants and insects|a pond|quacks|a duckling|swim and fly|bird
hen|seeds and worms|a coop|clucks|a chick|lay eggs|bird
rooster|seeds and corn|a coop|crows|a chick|wake the whole farm|bird
goose|grass and seeds|a lake|honks|a gosling|fly very far|bird
swan|water plants|a lake|hisses|a cygnet|glide over the water|bird
frog|flies|a pond|croaks|a tadpole|jump very far|amphibian
toad|insects|a garden|croaks|a tadpole|catch flies with its tongue|amphibian
turtle|leaves and fish|the sea|hisses|a hatchling|hide in its shell|reptile
snake|mice and eggs|a nest of leaves|hisses|a snakelet|move without legs|reptile
lizard|insects|the rocks|hisses|a hatchling|lose its tail and grow a new one|reptile
crocodile|fish and meat|a river|roars|a hatchling|swim very quietly|reptile
lion|meat|the grassland|roars|a cub|roar very loudly|mammal
tiger|meat|the jungle|roars|a cub|swim and climb|mammal
elephant|leaves and fruit|the grassland|trumpets|a calf|lift heavy logs|mammal
monkey|fruit and nuts|the jungle|chatters|an infant|swing from tree to tree|mammal
giraffe|leaves|the grassland|hums|a calf|reach the highest leaves|mammal
zebra|grass|the grassland|barks|a foal|run in a big group|mammal
camel|dry plants|the desert|grunts|a calf|live without water for days|mammal
wolf|meat|the forest|howls|a pup|run for many miles|mammal
deer|leaves and grass|the forest|bleats|a fawn|leap over fences|mammal
squirrel|nuts and seeds|a tree|chatters|a kit|hide nuts for the winter|mammal
beaver|bark and leaves|a dam|slaps its tail|a kit|build dams|mammal
badger|worms and roots|a burrow|growls|a cub|dig long tunnels|mammal
otter|fish|a river|whistles|a pup|swim on its back|mammal
mole|worms|a tunnel|squeaks|a pup|dig under the ground|mammal
bat|insects and fruit|a cave|clicks|a pup|fly in the dark|mammal
kangaroo|grass|the dry plains|grunts|a joey|carry its baby in a pocket|mammal
koala|leaves|a tree|grunts|a joey|sleep most of the day|mammal
panda|bamboo|the mountains|bleats|a cub|eat all day long|mammal
whale|tiny sea animals|the ocean|sings|a calf|hold its breath for an hour|mammal
dolphin|fish|the ocean|clicks|a calf|jump out of the water|mammal
seal|fish|the cold sea|barks|a pup|dive very deep|mammal
penguin|fish|the ice|brays|a chick|swim but not fly|bird
shark|fish|the ocean|makes no sound|a pup|smell food from far away|fish
goldfish|flakes and plants|a bowl|makes no sound|a fry|breathe under water|fish
salmon|small fish|a river|makes no sound|a fry|swim up a waterfall|fish
crab|plants and small fish|the beach|clicks|a larva|walk sideways|sea_animal
octopus|crabs|the ocean|makes no sound|a hatchling|change its colour|sea_animal
snail|leaves|a garden|makes no sound|a baby_snail|carry its house|small_animal
worm|old leaves|the soil|makes no sound|a baby_worm|make the soil better|small_animal
bee|sweet flower juice|a hive|buzzes|a larva|make honey|insect
ant|crumbs and seeds|a nest|makes no sound|a larva|carry very heavy things|insect
butterfly|sweet flower juice|a meadow|makes no sound|a caterpillar|fly from flower to flower|insect
ladybug|tiny insects|a garden|makes no sound|a larva|protect the roses|insect
spider|flies|a web|makes no sound|a spiderling|make a web|small_animal
cricket|leaves|the grass|chirps|a nymph|sing with its legs|insect
eagle|fish and rabbits|a high cliff|screams|an eaglet|see very far|bird
crow|seeds and insects|a tree|caws|a chick|solve small puzzles|bird
parrot|fruit and nuts|the jungle|squawks|a chick|repeat words|bird
robin|worms|a nest|sings|a chick|sing early in the morning|bird
sparrow|seeds|a nest|chirps|a chick|fly in small groups|bird
pigeon|seeds and bread|the city|coos|a chick|find its way home|bird
turkey|seeds and insects|a farm|gobbles|a chick|spread its tail|bird
peacock|seeds and plants|a park|screams|a chick|show its bright tail|bird
donkey|grass and hay|a stable|brays|a foal|carry heavy bags|mammal
pony|grass and apples|a stable|neighs|a foal|carry small children|mammal
hamster|seeds|a cage|squeaks|a pup|keep food in its cheeks|mammal
raccoon|almost anything|a hollow tree|chatters|a kit|open boxes with its hands|mammal
"""
    for row in table.strip().splitlines():
        name, *facts = row.split("|")
        ANIMAL_FACTS[name] = tuple(f.replace("_", " ") for f in facts)  # type: ignore[assignment]


_animals()

# food: colour, taste, kind, where it comes from, how people eat it
FOOD_FACTS: dict[str, tuple[str, str, str, str, str]] = {}


def _foods() -> None:
    table = """
apple|red or green|sweet|fruit|from a tree|fresh or in a pie
banana|yellow|sweet|fruit|from a tall plant|fresh or in a cake
pear|green|sweet|fruit|from a tree|fresh or with cheese
plum|purple|sweet and sour|fruit|from a tree|fresh or as jam
cherry|red|sweet|fruit|from a tree|fresh or in a cake
peach|orange|sweet|fruit|from a tree|fresh in summer
grape|green or purple|sweet|fruit|from a vine|fresh or as juice
lemon|yellow|sour|fruit|from a tree|in tea or on fish
orange|orange|sweet and sour|fruit|from a tree|fresh or as juice
strawberry|red|sweet|fruit|from a small plant|fresh or with cream
blueberry|blue|sweet|fruit|from a bush|in pancakes
melon|green|sweet|fruit|from the field|cold in slices
mango|orange|very sweet|fruit|from a tree|fresh or in yoghurt
carrot|orange|sweet|vegetable|from the ground|raw or in soup
potato|brown|mild|vegetable|from the ground|boiled or baked
tomato|red|fresh|vegetable|from a plant|in salad or sauce
onion|white|strong|vegetable|from the ground|fried or in soup
pea|green|sweet|vegetable|from a pod|boiled with butter
bean|green or white|mild|vegetable|from a pod|in soup
cabbage|green|mild|vegetable|from the field|boiled or raw
cucumber|green|fresh|vegetable|from a vine|in slices with salt
pumpkin|orange|mild|vegetable|from the field|in soup or pie
mushroom|brown or white|earthy|vegetable|from the forest|fried in butter
spinach|green|mild|vegetable|from the garden|in salad
corn|yellow|sweet|vegetable|from the field|hot with butter
bread|brown|mild|baked food|from flour and water|with butter or cheese
cake|yellow or brown|very sweet|dessert|from flour, eggs and sugar|in slices with tea
cookie|brown|sweet|dessert|from flour and butter|with a glass of milk
pancake|golden|sweet|breakfast food|from flour, milk and eggs|with syrup
pie|golden|sweet|dessert|from dough and fruit|warm with cream
cheese|yellow|salty|dairy food|from milk|on bread
butter|yellow|rich|dairy food|from cream|on warm bread
yoghurt|white|a little sour|dairy food|from milk|with fruit and nuts
milk|white|mild|drink|from a cow|cold or warm
honey|golden|very sweet|sweet food|from bees|on bread or in tea
chocolate|brown|sweet|sweet food|from cocoa beans|as a small treat
rice|white|mild|grain|from wet fields|with vegetables
pasta|yellow|mild|grain food|from flour and water|with tomato sauce
soup|many colours|warm and salty|meal|from vegetables and water|hot with bread
salad|green|fresh|meal|from the garden|with oil and salt
egg|white or brown|mild|breakfast food|from a hen|boiled or fried
fish|silver|mild|meal|from the sea|with lemon and potatoes
pizza|red and yellow|salty|meal|from dough, tomato and cheese|hot in slices
sandwich|many colours|fresh|meal|from bread and cheese|at lunch
nut|brown|rich|snack|from a tree|as a snack
jam|red|very sweet|sweet food|from fruit and sugar|on bread
oatmeal|grey|mild|breakfast food|from oats|hot with milk
"""
    for row in table.strip().splitlines():
        name, *facts = row.split("|")
        FOOD_FACTS[name] = tuple(facts)  # type: ignore[assignment]


_foods()

# job: where, what they do, what they use
JOB_FACTS: dict[str, tuple[str, str, str]] = {}


def _jobs() -> None:
    table = """
baker|in a bakery|bakes bread and cakes|an oven and flour
teacher|in a school|helps children learn|books and chalk
doctor|in a hospital|helps sick people get well|medicine
nurse|in a hospital|takes care of patients|bandages
farmer|on a farm|grows food and keeps animals|a tractor
builder|on a building site|builds houses|bricks and a hammer
carpenter|in a workshop|makes things from wood|a saw and nails
painter|in a studio|paints pictures and walls|a brush and paint
pilot|in an airplane|flies people to other cities|maps and a radio
driver|on the road|drives a bus or a truck|a steering wheel
cook|in a kitchen|prepares meals|pots and pans
waiter|in a restaurant|brings food to the tables|a tray
gardener|in a garden|takes care of plants|a spade and a watering can
fisherman|on a boat|catches fish|a net
sailor|on a ship|sails across the sea|ropes and sails
singer|on a stage|sings songs|a microphone
dancer|in a theatre|moves to music|dancing shoes
musician|in an orchestra|plays an instrument|a violin or a drum
writer|at a desk|writes books and stories|a pen and paper
librarian|in a library|helps people find books|shelves and lists
scientist|in a laboratory|asks questions and tests ideas|a microscope
engineer|in an office|plans bridges and machines|drawings and numbers
mechanic|in a garage|repairs cars|a wrench
firefighter|at a fire station|puts out fires|a hose and a ladder
policeman|at a police station|keeps the town safe|a whistle
postman|in the town|brings letters and parcels|a bag and a bicycle
shopkeeper|in a shop|sells useful things|a till and shelves
dentist|at a clinic|takes care of teeth|a small mirror
vet|at a clinic|helps sick animals|medicine and gentle hands
tailor|in a small shop|makes and repairs clothes|a needle and thread
hairdresser|in a salon|cuts hair|scissors and a comb
cleaner|in an office|keeps rooms clean|a broom and a bucket
lawyer|in an office|helps people with the law|papers and words
judge|in a court|decides what is fair|the law
clown|in a circus|makes people laugh|a red nose
shepherd|in the hills|looks after sheep|a stick and a dog
miller|in a mill|turns grain into flour|a big stone wheel
clockmaker|in a workshop|repairs clocks|tiny screws
photographer|in a studio|takes pictures|a camera
programmer|at a desk|writes programs|a computer
"""
    for row in table.strip().splitlines():
        name, *facts = row.split("|")
        JOB_FACTS[name] = tuple(facts)  # type: ignore[assignment]


_jobs()

ANIMALS = tuple(ANIMAL_FACTS)
FOODS = tuple(FOOD_FACTS)
JOBS = tuple(JOB_FACTS)
CREATURES = words("dragon giant fairy wizard witch ghost mermaid unicorn robot elf dwarf monster pirate knight king queen prince princess troll snowman scarecrow astronaut inventor traveller stranger hunter emperor genie ogre goblin")
PEOPLE = words("boy girl child woman man baby student neighbour friend grandmother grandfather mother father sister brother aunt uncle cousin old_man old_woman young_man young_woman twin tourist guest artist poet")
THINGS = words("kite clock lamp balloon boat train car bicycle bus truck ship airplane rocket lantern candle teapot spoon cup chair table door window key bell drum violin piano guitar flute book letter map pencil crayon paintbrush umbrella hat coat shoe sock button ribbon doll puppet ball top puzzle blanket pillow mirror box basket bucket ladder hammer stone pebble shell feather leaf acorn seed flower rose tulip daisy tree oak star moon cloud river lighthouse bridge mill castle tower house tent island mountain snowflake raindrop shadow rainbow broom wagon sled coin ring crown jar bottle")

GIRLS = words("Lily Mia Anna Emma Ruby Clara Nora Rosa Ella Lucy Grace Maya Zoe Ivy Alice Sara Julia Molly Nina Hanna Daisy Olive Pearl Tess Wanda Bella Flora Gina Holly Irene Jane Kate Lena Mary Nelly Paula Rita Stella Tina Vera Amy Betty Cora Dora Eva Fay")
BOYS = words("Tom Ben Max Sam Leo Jack Finn Oscar Henry Peter Paul Noah Luke Adam Felix Hugo Theo Milo Otto Bruno Carl David Eric Frank George Harry Ivan Jim Karl Louis Martin Nick Oliver Pablo Ralph Simon Tim Victor Walter Alex Bob Charlie Dan Ed Fred Gus")

COLOURS = words("red blue green yellow orange purple pink brown black white grey golden silver violet")
SIZES = words("small little tiny big large huge tall short long wide thin thick enormous")
GOOD_TRAITS = words("brave kind clever gentle patient cheerful friendly honest curious careful helpful polite generous wise funny calm strong quick loyal happy proud quiet playful hopeful")
BAD_TRAITS = words("lazy grumpy greedy selfish rude bossy jealous stubborn clumsy careless noisy messy lonely shy nervous")
FEELINGS_GOOD = words("happy glad proud calm excited hopeful thankful cheerful relaxed pleased joyful brave safe loved")
FEELINGS_BAD = words("sad angry lonely afraid tired worried nervous bored jealous hurt ashamed confused upset scared disappointed")
PLACES_NATURE = words("forest meadow valley mountain river lake pond beach island desert jungle hill field swamp cave garden orchard sea canyon waterfall")
PLACES_TOWN = words("village town city market school library park museum bakery farm harbour station castle church square playground theatre hospital shop bridge street zoo airport hotel")
ROOMS = words("kitchen bedroom bathroom attic cellar garage hall living_room office classroom workshop balcony")
BODY = words("head hair eye ear nose mouth tongue tooth neck arm elbow hand finger thumb back stomach leg knee foot toe skin heart bone brain shoulder cheek chin")
CLOTHES = words("shirt dress skirt trousers sock shoe boot hat cap scarf glove coat jacket sweater belt apron pyjamas raincoat")
FAMILY = words("mother father sister brother grandmother grandfather aunt uncle cousin son daughter parents family baby twin husband wife mum dad")
SCHOOL = words("teacher pupil pupils lesson homework pencil pen paper notebook book test desk chalk board eraser ruler class classroom school student spelling reading writing maths history science music art")
WORK = words("job office meeting boss worker tools computer email report project plan desk phone money customer factory machine workshop team work")
TRAVEL = words("train bus plane ship ticket map suitcase bag hotel station airport trip journey road passport tent holiday beach luggage boat bicycle car guide travel")
VEHICLES = words("car bus train truck bicycle boat ship airplane plane rocket tractor wagon sled van taxi motorbike ferry")
WEATHER = words("rain snow wind storm sun cloud fog thunder lightning ice frost hail rainbow breeze weather sunshine sky rainy sunny windy cloudy foggy snowy stormy cold warm hot cool wet dry")
PLANTS = words("tree flower grass leaf bush rose tulip daisy oak pine root seed branch moss fern vine weed bark forest acorn petal thorn sunflower willow maple ivy cactus")
DRINKS = words("water milk tea coffee juice lemonade cocoa")
MEALS = words("breakfast lunch dinner supper snack picnic dessert meal")
FURNITURE = words("chair table bed sofa lamp shelf desk cupboard bench drawer stool carpet curtain mirror")
TOOLS = words("hammer saw nail rope ladder spade bucket broom needle scissors knife wheel axe shovel screw brush net hose")
TOYS = words("ball doll kite puzzle puppet drum top blocks marbles swing slide toy toys game teddy balloon")
MUSIC = words("song drum violin piano guitar flute music melody dance trumpet bell singer band tune")
MATERIALS = words("wood stone glass paper wool cotton gold silver iron clay sand brick metal plastic leather")
SPACE = words("sun moon star stars planet sky earth rocket space")
DAYS = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
MONTHS = words("January February March April May June July August September October November December")
SEASONS = words("spring summer autumn winter")
NUMBERS = words("one two three four five six seven eight nine ten eleven twelve twenty hundred thousand")
ORDINALS = words("first second third fourth fifth last next")
TIMES = words("morning afternoon evening night day week month year hour minute today tomorrow yesterday noon midnight weekend moment sunrise sunset")

WORD_CLASSES: dict[str, tuple[str, ...]] = {
    "animals": ANIMALS + words("bird insect kitten puppy cub chick lamb calf foal duckling tadpole caterpillar bunny piglet animal animals birds mice cats dogs bees ants flies insects worms"),
    "food": FOODS + words("food berries carrots apples bananas nuts cookies pancakes potatoes tomatoes eggs vegetables fruit sugar salt flour dough sauce cream meat syrup oil grapes peas beans cherries"),
    "drinks": DRINKS,
    "meals": MEALS,
    "jobs": JOBS,
    "fairy-tale figures": CREATURES,
    "people": PEOPLE + words("people children person everyone everybody nobody somebody friends neighbours boys girls men women"),
    "girls' names": GIRLS,
    "boys' names": BOYS,
    "colours": COLOURS,
    "size words": SIZES + words("bigger smaller taller biggest smallest"),
    "good traits": GOOD_TRAITS,
    "bad traits": BAD_TRAITS,
    "happy feelings": FEELINGS_GOOD + words("joy love smile smiled laughed laugh fun wonderful happiness"),
    "unhappy feelings": FEELINGS_BAD + words("cried cry tears fear anger sadness worry lonely unhappy"),
    "places in nature": PLACES_NATURE + words("shore woods path trail bank cliff"),
    "places in town": PLACES_TOWN,
    "rooms": ROOMS,
    "body parts": BODY + words("teeth eyes ears hands feet arms legs wings tail paws paw wing fur feathers nose"),
    "clothes": CLOTHES,
    "family": FAMILY,
    "school": SCHOOL,
    "work": WORK,
    "travel": TRAVEL,
    "vehicles": VEHICLES,
    "weather": WEATHER,
    "plants": PLANTS,
    "furniture": FURNITURE,
    "tools": TOOLS,
    "toys": TOYS,
    "music": MUSIC,
    "materials": MATERIALS,
    "sun, moon and stars": SPACE,
    "weekdays": DAYS,
    "months": MONTHS,
    "seasons": SEASONS,
    "numbers": NUMBERS,
    "order words": ORDINALS,
    "times": TIMES,
    "verbs of motion": words("went go goes going gone walked walk walks ran run runs running came come comes swam swim flew fly flies jumped jump climbed climb hopped hop travelled travel followed follow crossed left leave arrived arrive returned return rolled fell fall danced hurried hurry sailed raced moved move marched wandered rushed drove ride rode crawled stepped turned visit visited"),
    "verbs of speech": words("said say says asked ask asks told tell tells answered answer shouted whispered called call cried replied explained explain spoke speak talk talked sang sing thanked thank promised promise begged"),
    "verbs of perception": words("saw see sees heard hear looked look watched watch felt feel smelled smell noticed listen listened tasted found find"),
    "verbs of thinking": words("thought think thinks knew know knows wondered hoped hope wished wish believed believe remembered remember forgot forget learned learn decided decide understood understand wanted want wants planned dreamed dream liked like loved love needed need"),
    "verbs of eating": words("ate eat eats eating drank drink cooked cook baked bake tasted fed"),
    "verbs of making": words("made make makes making built build painted drew wrote cut sewed fixed repaired repair mixed dug planted grow grew carved tied"),
    "verbs of giving": words("gave give gives shared share brought bring brings took take takes got get carried carry held hold sold bought buy lent borrow sent send offered"),
    "helping": words("help helped helps helping saved save rescued protect cared care kind kindness kindly helpful support together"),
    "forms of to be": words("am is are was were be been being"),
    "have and do": words("have has had do does did done doing having"),
    "modal verbs": words("can could will would should must may might cannot shall"),
    "negation": words("not no never nothing nobody none cannot"),
    "I and me": words("i me my mine myself we us our ours"),
    "you": words("you your yours yourself"),
    "he and she": words("he him his she her hers himself herself"),
    "it": words("it its itself"),
    "they": words("they them their theirs themselves"),
    "possessives": words("my your his her its our their"),
    "articles": words("a an the"),
    "this and that": words("this that these those"),
    "prepositions of place": words("in on at under over near by behind beside between through into onto from inside outside above below around across along"),
    "with and for": words("with for about without of to"),
    "and, but, or": words("and but or"),
    "because and if": words("because if when while until so although unless since before after as than"),
    "question words": words("what who where when why how which whose"),
    "words of amount": words("all some many much more most few every each both any several enough lots little none"),
    "words of degree": words("very too so really quite almost just only even still always often sometimes never again soon"),
    "story openers": words("once one long ago upon time day there"),
    "then and now": words("then now soon later finally suddenly at_last first next afterwards that"),
    "greetings": words("hello hi hey goodbye bye welcome"),
    "please and thanks": words("please thanks thank sorry welcome"),
    "sounds": words("barks hoots meows squeaks growls neighs moos oinks bleats quacks clucks crows honks hisses croaks roars trumpets chatters howls whistles buzzes chirps screams caws squawks sings coos loud loudly quiet quietly"),
    "treasure and secrets": words("treasure secret gold map key magic magical mystery hidden coin jewel"),
    "danger": words("danger dangerous fire hurt weapon poison steal lie fight bomb attack harm unsafe break"),
    "refusal words": words("cannot sorry safe unsafe instead harm harmful hurt wrong unfair"),
}

# Never used in training: the nouns with which copying is tested.
HELD_OUT_NOUNS = words(
    "porcupine armadillo walrus flamingo platypus chameleon pelican gorilla rhinoceros jaguar moose lobster "
    "firefly wombat iguana ostrich hyena meerkat stork vulture weasel lemur sloth puffin starfish "
    "plumber sculptor beekeeper blacksmith magician juggler detective ballerina barber explorer "
    "trumpet tractor wheelbarrow telescope compass hourglass typewriter snowplough windmill submarine "
    "cactus dandelion volcano iceberg comet glacier tornado avocado pretzel muffin marshmallow "
    "vampire werewolf centaur phoenix sphinx gargoyle leprechaun yeti zombie mummy "
    "backpack helmet trampoline skateboard lawnmower harmonica accordion tambourine chandelier fountain "
    "scooter hammock igloo pyramid totem anchor cannon canoe raft catapult sundial"
)

# Real but rare: they teach copying together with the invented ones.
RARE_NOUNS = words(
    "aardvark albatross alpaca anteater antelope bison buffalo canary chipmunk cobra condor coyote cuckoo dormouse "
    "falcon ferret flounder gazelle gecko gibbon gopher grasshopper heron herring hippo hornet hummingbird ibex jackal "
    "jellyfish kingfisher kiwi leopard llama lynx magpie mammoth mantis marmot minnow mongoose mosquito narwhal newt "
    "nightingale ocelot opossum orca oyster partridge pheasant piranha polecat prawn puma python quail raven reindeer "
    "salamander scorpion shrew shrimp skunk stingray swallow tapir termite tortoise toucan trout vole wallaby warthog "
    "wasp woodpecker yak acrobat archer astronomer banker blacksmith's_wife bricklayer butcher cobbler collector "
    "conductor dressmaker editor florist geologist goldsmith jeweller lifeguard locksmith lumberjack merchant monk "
    "nanny optician organist peddler pharmacist potter professor ranger reporter sheriff surgeon swimmer tiler "
    "trainer translator viking warrior watchman weaver abacus alarm amulet armchair banjo barrel beacon bonnet bracelet "
    "briefcase bulldozer calendar camera carousel cello chariot chimney clarinet coconut colander cradle crane crystal "
    "curtain dagger diary dishwasher dominoes dumpling envelope escalator fiddle flagpole fork freezer furnace gondola "
    "gramophone greenhouse hairbrush handkerchief harp haystack helicopter horseshoe jetpack jigsaw kayak kettle "
    "keyboard lasso lollipop magnet mandolin mattress medal megaphone minibus monument mosaic necklace noodle notebook "
    "oboe omelette organ paddle padlock painting parachute parasol pendulum periscope pillar pinwheel piston pitchfork "
    "plough propeller quilt quiver radio raincoat rattle refrigerator rollercoaster rowboat rug saddle satellite "
    "saucepan saxophone scarf sculpture seesaw shipwreck shovel signpost siren slipper snorkel spaceship spinning_top "
    "statue stopwatch suitcase surfboard tapestry teaspoon thermometer thimble throne toaster toothbrush torch tram "
    "treadmill trombone trophy tuba tugboat turnip tweezers ukulele unicycle vase violet wand wardrobe waterwheel "
    "whistle windmill's_cat wok xylophone yacht zeppelin zipper almond apricot asparagus avalanche bagel beetroot "
    "biscuit blackberry boulder bramble broccoli bulb burrito canyon cauliflower celery chestnut clover coral cranberry "
    "crater croissant cupcake fig garlic geyser ginger gooseberry hazelnut hurricane lavender lettuce lily marigold "
    "meteor mint mistletoe olive orchid papaya parsley pepper pineapple pomegranate poppy radish raspberry reef rhubarb "
    "sandcastle sapling thistle thunderstorm toadstool walnut waterlily whirlpool zucchini"
)
RARE_NOUNS = tuple(n for n in RARE_NOUNS if "'" not in n and n not in HELD_OUT_NOUNS)

_held_out = set(HELD_OUT_NOUNS)
THINGS = tuple(t for t in THINGS if t not in _held_out)
