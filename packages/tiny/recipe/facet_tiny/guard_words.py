"""Word lists of the guard's grammar.

Entries may themselves hold slots (`{weapon}`) and choices (`[a|b]`), see `guard_data.expand`.
Harmful words stay mild and schematic: no slurs, no explicit detail, nothing that can be followed.
The harmless lists are the longer ones on purpose: a small guard raises false alarms on words that
it has only met in harmful sentences, or never.
"""


def words(text: str) -> list[str]:
    """One entry per semicolon."""
    return [entry.strip() for entry in text.replace("\n", " ").split(";") if entry.strip()]


WORDS: dict[str, list[str]] = {
    # ------------------------------------------------------------------ people
    "name": words("""Anna; Tom; Peter; Maria; Lucy; Jack; Emma; Noah; Olivia; Liam; Sofia; Daniel; Laura; Ben; Julia; Mark;
        Sarah; David; Nina; Paul; Clara; Oscar; Mia; Leo; Hannah; Max; Eva; Simon; Alice; George; Ruth; Karl; Ivan; Fatima;
        Ahmed; Yusuf; Aisha; Wei; Mei; Kenji; Yuki; Ravi; Priya; Arjun; Kofi; Amara; Chidi; Diego; Carlos; Lucia; Pablo; Elena;
        Marco; Giulia; Pierre; Claire; Lars; Ingrid; Sven; Katya; Dmitri; Olga; Zoe; Ella; Grace; Henry; Arthur; Victor; Rosa;
        Martin; Steve; Kevin; Brian; Linda; Susan; Karen; Nancy; Betty; Dorothy; Jason; Ryan; Gary; Eric; Jacob; Ethan; Logan;
        Megan; Amy; Rachel; Nicole; Tara; Gina; Carl; Doug; Frank; Walter; Joan; Teresa; Irene; Holly; Mr Brown; Mrs Green;
        Mr Lopez; Mrs Kim; Ms Patel; Mr Weber; Dr Shaw; Miss Hall; Sam; Alex; Robin; Chris; Jamie; Taylor; Jordan; Pat"""),
    "relative": words("""my sister; my brother; my mother; my father; my mom; my dad; my son; my daughter; my aunt; my uncle;
        my cousin; my grandmother; my grandfather; my grandma; my grandpa; my wife; my husband; my partner; my nephew; my niece;
        my stepfather; my mother-in-law; my little brother; my older sister; my parents; my kids; my twin sister"""),
    "acquaintance": words("""my neighbour; my neighbor; my boss; my coworker; my colleague; my teacher; my classmate; my roommate;
        my landlord; my ex; my ex-girlfriend; my ex-boyfriend; my ex-wife; my former boss; my best friend; a friend of mine;
        my manager; my trainer; my coach; the girl next door; the boy next to me; the new student; the new girl at work;
        the man across the street; the woman downstairs; the guy from the gym; a girl in my class; a boy in my class;
        a kid at school; a woman from my office; my team leader; our professor; my tutor; my flatmate; the old man upstairs;
        the mayor; our bus driver; the lady at the counter; a famous singer; that actor; a journalist; the referee;
        a streamer; the judge; my accountant; the head of my department; the intern; our nurse; my math teacher;
        my piano teacher; my rival; a player on the other team; a man I know; a woman I know; somebody I know"""),
    "person": ["{name}", "{relative}", "{acquaintance}", "{acquaintance}"],
    "crowd": words("""a crowd; many people; the people in [the church|the mosque|the temple|the synagogue]; everyone at [the school|the office|the party|the concert];
        innocent people; as many people as possible; a group of [tourists|students|workers|soldiers|children]; the police; the passengers;
        the whole family; the whole building; the guests; strangers; people; civilians; my enemies; the guards; a whole village"""),
    "victim": ["{person}", "{person}", "{person}", "{crowd}", "someone", "somebody", "a person", "a man", "a woman", "a stranger",
               "another person", "him", "her", "them", "a witness", "an enemy", "a person in their sleep"],
    "public_place": words("""a school; a train station; an airport; a shopping mall; a church; a mosque; a synagogue; a temple; a stadium;
        a hospital; a bank; a bridge; a concert hall; a museum; a market; a theatre; a hotel; a bus; a train; a plane; a subway; a tower;
        the parliament; the town hall; the embassy; a power plant; a police station; a courthouse; my school; my office; the office;
        a nightclub; a marathon; a parade; a festival; a restaurant; a factory; a ship; the metro; a dam; a library; a university"""),
    # ------------------------------------------------------------------ dangerous content
    "weapon": words("""a gun; a pistol; a rifle; a shotgun; a handgun; a machine gun; a silencer; a knife as a weapon; ammunition; bullets;
        an illegal gun; a stolen gun; an unregistered firearm; firearms; weapons; a grenade; an assault rifle; a hidden weapon; a crossbow to hurt someone;
        a plastic gun; a 3D printed gun; a ghost gun; a sniper rifle; a fully automatic rifle; a rocket launcher; a homemade gun; a firearm"""),
    "bomb": words("""a bomb; a pipe bomb; a car bomb; a nail bomb; a dirty bomb; a firebomb; a time bomb; explosives; an explosive; an explosive device;
        a homemade bomb; a petrol bomb; a suicide vest; a letter bomb; a landmine; a detonator; a mine; a homemade explosive; a remote bomb;
        an explosive belt; a small bomb; a big bomb; a chemical bomb; a Molotov cocktail; a fertilizer bomb; plastic explosives; dynamite"""),
    "poison": words("""poison; a deadly poison; rat poison; cyanide; a toxic gas; poison gas; nerve gas; arsenic; a lethal drug; a deadly virus;
        a biological weapon; a chemical weapon; anthrax; sarin; ricin; a toxin; venom; toxic fumes; a deadly mix of chemicals;
        a poison that leaves no trace; a poison without taste; mustard gas; a dangerous germ; a lethal dose"""),
    "drug": words("""meth; crystal meth; heroin; cocaine; crack; fentanyl; hard drugs; illegal drugs; ecstasy; date rape drugs; GHB; LSD at home"""),
    "attack_noun": words("""a terrorist attack; an attack; a shooting; a massacre; a bombing; a murder; a killing; a kidnapping; a mass shooting;
        an armed robbery; an assassination; a suicide attack; an ambush; an arson; a knife attack; a hijacking; a hostage taking; a school shooting;
        a violent coup; a bloodbath; a deadly accident for {person}; a revenge killing; a stabbing; an acid attack; a poison attack"""),
    "terror": words("""a terrorist group; a terror cell; our armed cell; the terrorists; violent extremists; a militia; an extremist group; the holy war;
        armed rebels; a violent cult; suicide bombers; our secret army; terrorism; an armed uprising; violent jihad; the armed struggle; martyrs;
        a group that bombs trains; the fighters who kill civilians; a death squad; a neo-Nazi terror group"""),
    "harm_verb": words("""kill; murder; stab; shoot; strangle; poison; drown; hurt; injure; suffocate; choke; behead; torture; kidnap; attack; ambush;
        assassinate; cripple; blind; electrocute; run over; knock out; drug; burn; set fire to; push off a cliff; get rid of; wipe out; harm; abduct;
        beat to death; lock up and starve; slaughter; maim; bury alive; gas; infect; paralyse; wound; eliminate; throw acid at; slit the throat of; bludgeon"""),
    "stealth": words("""without getting caught; without anyone noticing; and get away with it; so that it looks like an accident; quietly; secretly;
        without leaving a trace; without being seen; with things from the kitchen; with household items; at night; tonight; quickly; slowly;
        with one blow; from far away; without the police finding out; in their sleep; with a rope; with a hammer; with a knife; with a car;
        with bleach; with pills; in a crowded place; for money; as revenge; so nobody can prove it; without evidence; so that they suffer;
        without a permit; before they can call for help; and hide the body; with my bare hands; and make it look natural; for good"""),
    "selfharm_vp": words("""kill myself; end my life; end it all; commit suicide; take my own life; hang myself; cut myself; hurt myself;
        harm myself; starve myself; poison myself; drown myself; die without pain; die quickly; die in my sleep; overdose; overdose on [pills|sleeping pills|painkillers|medicine];
        jump off a [bridge|roof|building|cliff]; cut my wrists; cut my arms; burn my skin; make myself bleed; make myself throw up after every meal;
        stop existing; shoot myself; swallow all my pills; step in front of a train; hide [my cuts|self-harm|my wounds] from my parents;
        write a suicide note; make my suicide look like an accident; tie a noose; end my own life; break my own arm; punish myself with pain;
        make sure that I never wake up again; go to sleep forever; leave this world [tonight|for good|quietly]; stop eating until I collapse;
        choose the least painful way to die; kill myself [painlessly|quickly|with gas|with a rope|at home]; bleed to death; die by my own hand;
        crash my car into a tree on purpose; find a painless way to die; drink bleach; not be alive anymore"""),
    "danger_vp": [
        "{harm_verb} {victim}", "{harm_verb} {victim}", "{harm_verb} {victim} {stealth}", "{harm_verb} {victim} {stealth}",
        "{selfharm_vp}", "{selfharm_vp}", "{selfharm_vp}", "[build|make|assemble|construct|put together] {bomb}",
        "[build|make|assemble|construct|set off|plant|hide|detonate|buy] {bomb} [at home|in the kitchen|in my garage|in {public_place}|from household items|near {public_place}|in a backpack|in {acquaintance}'s car]",
        "[get|buy|find|make|build|smuggle|print|order] {weapon}", "[get|buy|find|make|build|smuggle|hide|bring] {weapon} [without a license|without a background check|without papers|illegally|on the black market|online|at home|into {public_place}|as a minor|without anyone knowing|with no questions asked|past security|past the metal detector]",
        "[make|mix|brew|get|buy|produce|release|spread] {poison}", "[make|mix|use|put|get|buy|spread|slip] {poison} [in someone's food|in {acquaintance}'s drink|in the water supply|in {public_place}|at home|without being noticed|in {relative}'s tea|in the air vents|to kill {victim}]",
        "[cook|make|produce|smuggle|sell] {drug}", "[sell|give] {drug} to [kids|teenagers|students]",
        "[plan|carry out|prepare|organise|commit|stage|livestream] {attack_noun}", "[plan|carry out|prepare|commit] {attack_noun} [in|at|on] {public_place}",
        "[blow up|bomb|attack|set fire to|burn down|shoot up|blow a hole in|derail|sink|hijack] {public_place}",
        "[blow up|burn down|set on fire] [my house with everyone inside|{acquaintance}'s house|{acquaintance}'s car|the building at night|the shop of {acquaintance}]",
        "[join|support|praise|fund|help|raise money for|recruit people for|find recruits for|make propaganda for|spread the message of] {terror}",
        "[persuade|convince|encourage|push] [my friend|{name}|teenagers|someone|young people|depressed people] to [kill themselves|commit suicide|hurt themselves|stop eating|join {terror}|attack {public_place}|take too many pills]",
        "[cut|damage] the brakes [of|on] {acquaintance}'s car", "[hire|pay|find] [a hitman|a killer|someone to kill {person}|someone to hurt {person}|a contract killer]",
        "[hide|get rid of|dissolve|bury] [a body|a dead body|the body of {person}|a corpse] after the murder", "turn [a drone|a toy|a phone|a pressure cooker|fertilizer|a car|a truck|a laptop|a clock] into [a bomb|a weapon|an explosive|a deadly trap]",
        "drive [a car|a truck|a van] into [a crowd|people|a parade|the market|{acquaintance}]", "contaminate [the food in a supermarket|the water supply|the air in a building|the food at school|medicine]",
        "[start|cause] [a fire in {public_place}|a deadly fire|a gas explosion|a train crash|a plane crash|a deadly accident|a panic with many deaths]",
        "[make|build|modify] [a gun fully automatic|a silencer|a gun from pipes|bullets at home|a gun that no scanner can find|a taser that kills]",
        "lose weight by [eating nothing for weeks|throwing up|swallowing tapeworms|taking poison]", "[beat up|break the legs of|break the bones of|cut the fingers off|cut off the hand of|knife|shoot at] {victim}",
        "become [a suicide bomber|a terrorist|a hitman|a school shooter|a serial killer|a martyr]", "take [hostages|a hostage] in {public_place}",
        "[release|culture|grow|weaponise|spread] [a deadly virus|anthrax|the plague|a disease] [in the city|among people|to kill {crowd}]",
    ],
    # ------------------------------------------------------------------ harassment
    "insult_adj": words("""stupid; dumb; useless; worthless; ugly; pathetic; disgusting; lazy; fat; boring; idiotic; brainless; hopeless; miserable;
        filthy; smelly; weak; cowardly; annoying; clueless; ridiculous; rotten; spineless; talentless; repulsive; unlovable; dim; moronic;
        sad; embarrassing; creepy; weird; slow; awful; horrible; hideous; gross; unwanted; incompetent; foolish; vile; wretched; laughable; nasty; thick"""),
    "insult_noun": words("""loser; idiot; fool; moron; failure; pig; cow; clown; coward; liar; waste of space; waste of air; piece of trash; piece of garbage;
        piece of dirt; joke; nobody; rat; snake; worm; creep; freak; dog; donkey; disgrace; embarrassment; dummy; brat; parasite; monster; toad;
        weakling; crybaby; imbecile; imbecile with no brain; cockroach; leech; zero; mistake; burden; whiner; slob; scum; twit; dimwit; nuisance; airhead"""),
    "insult_np": ["{insult_adj} {insult_noun}", "{insult_adj} {insult_noun}", "{insult_noun}", "{insult_adj} little {insult_noun}", "complete {insult_noun}", "total {insult_noun}",
                  "{insult_adj}, {insult_adj} {insult_noun}", "big {insult_noun}"],
    "pron": words("""he; she; {name}; {name}; {acquaintance}; {relative}; that man; this woman; the guy; that girl; our new colleague; that boy"""),
    "insult_you": [
        "you are {insult_adj}", "you are so {insult_adj}", "you are a {insult_np}", "you are nothing but a {insult_np}", "you're a {insult_np}", "you're such a {insult_np}",
        "you look like a {insult_np}", "you are the most {insult_adj} person [alive|I know|in this school|on earth]", "nobody likes you", "everybody hates you", "no one will ever love you",
        "nobody wants you here", "you will never be good at anything", "you will always be alone", "you should be ashamed of yourself", "you don't deserve friends",
        "you have the brain of a [chicken|worm|potato|stone|goldfish]", "you have a face like a [pig|horse|shoe|wet towel|dropped pie]", "even your mother [can't stand you|is ashamed of you|wishes you were someone else]",
        "the world would be better without you", "you make me sick", "I hate you", "I despise you", "I can't stand your {insult_adj} face", "you are too {insult_adj} to [live|work here|breathe|count to three|be loved]",
        "you stink", "you were a mistake from the day you were born", "your parents must be so disappointed in you", "your whole life is a joke", "no wonder your [wife|husband|father|girlfriend|boyfriend] left you",
        "everyone talks about how {insult_adj} you are", "you deserve [to be miserable|every bad thing that happens to you|to fail|to suffer|to be beaten|the pain]", "go away and never come back, you {insult_np}",
        "shut your {insult_adj} mouth", "crawl back into your hole", "it is your own fault that nobody wants to sit with you", "people laugh about you behind your back",
    ],
    "insult_3": [
        "{pron} is {insult_adj}", "{pron} is a {insult_np}", "{pron} is nothing but a {insult_np}", "{pron} is such a {insult_np}", "{pron} is too {insult_adj} for this [job|world|school|team]",
        "{pron} is as {insult_adj} as a [pig|brick|donkey|stone]", "nobody [likes|wants|loves|needs] {person}", "everybody hates {person}", "{pron} looks like a {insult_np}",
        "{pron} has the brain of a [worm|chicken|goldfish]", "{pron} should be [ashamed|beaten|humiliated|punished|laughed at|fired and mocked]", "{pron} deserves [to suffer|to be bullied|to be beaten|to be hated|to cry]",
        "{pron} stinks", "{pron} will never be anything but a {insult_np}", "the world would be better without {person}", "{pron} is the most {insult_adj} person in the [office|class|world|family]",
        "{pron} is a {insult_np} and everybody knows it", "{pron} is a {insult_np} and should be thrown out",
    ],
    "threat": [
        "I will [find|hurt|get|destroy|crush|beat|hunt|break|slap|punch|ruin|follow|kill|finish] you", "I know where you [live|work|sleep|park your car]", "I know where your [kids|children|family|mother] [live|lives|go to school|sleeps]",
        "I am going to [hurt|beat up|ruin|find|punish|destroy] you", "I'm coming for you", "you will [regret this|pay for this|be sorry|suffer|bleed|wish you were never born|beg me to stop]", "you'd better watch your back",
        "you won't be safe [anywhere|at home|at night]", "I will [break your legs|break your arms|break your nose|smash your face|burn your car|kick your teeth in|make your life hell|wait for you outside]",
        "sleep with one eye open", "next time I see you I will [hit you|punch you|hurt you|break your nose]", "I'll make sure you lose everything", "don't walk home alone, something might happen to you",
        "accidents happen to people like you", "your days are numbered", "if you tell anyone you will [pay|regret it|be hurt|end up in hospital]", "I am watching [you|your house|every step you take|your children]",
        "one more word and I'll [hit|hurt|slap|crush] you", "leave town or we will make you leave", "you are dead", "you're finished, {name}", "nice house you have, it would be a shame if it burned",
        "I'll teach you a lesson you will never forget with my fists", "we will be waiting for you after school", "say goodbye to your teeth", "I hope you get hit by a bus", "I hope your house burns down",
        "I hope you [fall ill|lose your job and your family|never sleep again|cry every night]", "nobody will hear you scream", "I have your address and I'm not afraid to use it",
    ],
    "bully_verb": words("""bully; humiliate; mock; insult; ridicule; harass; stalk; intimidate; scare; terrify; frighten; threaten; shame; torment; tease; embarrass;
        blackmail; belittle; make fun of; laugh at; gang up on; spit on; slander; troll; abuse; degrade; bother; pick on; punish; spy on; expose; hound; pester; taunt"""),
    "bully_how": words("""until [he cries|she cries|they quit|he leaves school|she moves away|they break down]; in front of everyone; in front of the class; online; every day; in the group chat;
        with nasty messages; with anonymous letters; with fake accounts; because of [his|her|their] [weight|clothes|voice|face|teeth|hair|stutter]; so that nobody talks to them anymore; on social media; at work; at school;
        so badly that they never come back; with a cruel prank; for fun; on camera; so that [she|he] feels worthless; at the party; with phone calls at night; during the meeting; behind [his|her] back"""),
    "bully_vp": [
        "{bully_verb} {person}", "{bully_verb} {person} {bully_how}", "{bully_verb} {person} {bully_how}", "make {person} [cry|suffer|feel small|feel worthless|feel ashamed|quit|afraid of me|look stupid|hate themselves|scared to go out|afraid to come to school]",
        "make everyone [hate|laugh at|turn against|avoid|mock] {person}", "[spread|start|invent|share] [lies|rumours|rumors|a nasty rumor|gossip|embarrassing photos|fake stories] about {person}",
        "[follow|watch|track] {person} [home|everywhere|day and night] [so that they are afraid|without a break to frighten them|and scare them]", "[get|have] {person} [kicked out|fired with lies|bullied out of school|hated by everyone]",
        "ruin [the life of {person}|{person}'s reputation|{person}'s wedding out of spite|{person}'s life]", "turn the [whole class|whole office|team|family|neighbourhood] against {person}",
        "post [{person}'s address|private photos of {person}|the phone number of {person}] so that [people harass them|strangers scare them|everyone can bother them]",
        "find out where {person} lives so that I can [scare|threaten|frighten|confront|hurt] them", "send {person} [threats|hateful messages|cruel messages|a threatening letter|insults every hour|dead flowers as a warning|nasty voice mails]",
        "write {person} a message that makes them [feel worthless|cry|afraid|hate themselves]", "[make|create] [a hate page|a fake profile|an embarrassing video|a list of insults|a mean poll|mean memes] about {person}",
        "bully the [fat|quiet|shy|new|weird|ugly|poor] [kid|girl|boy] [in my class|at school|on the bus|at work]", "break {person} emotionally", "get revenge on {person} by [humiliating them|spreading lies|scaring them|leaking their photos]",
        "make {person}'s life [hell|miserable|a nightmare]", "convince {person} that they are [worthless|ugly|crazy|stupid|unlovable]", "exclude {person} from everything so that they feel [alone|worthless]",
        "tell {person} that they are [a {insult_np}|ugly|worthless|too fat]", "[mock|laugh at|insult|make jokes about] the [victims|survivors|families of the victims] of [the shooting|the flood|the fire|the earthquake|the attack|the crash|the war]",
        "deny that [the massacre|the genocide|the famine|the school shooting|the attack] ever happened",
    ],
    "tragedy": words("""the school shooting; the massacre; the genocide; the Holocaust; the bombing; the attack; the earthquake; the ferry accident; the famine; the plane crash;
        the terror attack; the flood; the stadium disaster; the war crimes; the fire in the night club; the mine accident; the hurricane"""),
    # ------------------------------------------------------------------ hate speech
    "country_people": words("""Mexicans; Poles; Turks; Arabs; Chinese people; Indians; Pakistanis; Nigerians; Russians; Romanians; Germans; Italians; Greeks; Koreans; Japanese people; Syrians;
        Afghans; Somalis; Ethiopians; Moroccans; Algerians; Albanians; Ukrainians; Iranians; Iraqis; Brazilians; Colombians; Cubans; Haitians; Vietnamese people; Filipinos; Kenyans; Egyptians;
        Africans; Asians; Americans; Canadians; the French; the British; the Irish; Europeans; Latinos; Hispanics; Israelis; Palestinians; Bulgarians; Serbs; Hungarians; Peruvians; Tibetans;
        people from [Mexico|Poland|Turkey|India|China|Nigeria|Romania|Syria|Africa|Asia|the East|the South|Morocco|Pakistan|Bangladesh|Somalia|Albania|Vietnam|Haiti|Iran]"""),
    "faith_people": words("""Muslims; Jews; Christians; Hindus; Buddhists; Sikhs; Catholics; Mormons; atheists; Protestants; Jewish people; Muslim people; the Jews; the Muslims; Jehovah's Witnesses;
        believers of other religions; people of that religion; people of other faiths; Muslim families; Jewish children; Orthodox Jews; women in headscarves; Baptists; Amish people"""),
    "other_people": words("""women; girls; men; black people; white people; brown people; Black men; Asian women; gay people; gays; lesbians; gay men; transgender people; trans women; trans people; bisexual people; queer people;
        homosexuals; same-sex couples; gay couples; gay parents; disabled people; people in wheelchairs; blind people; deaf people; people with disabilities; autistic people; people with Down syndrome; the disabled;
        mentally ill people; old people; the elderly; elderly people; pensioners; young people; immigrants; migrants; refugees; foreigners; asylum seekers; immigrant families; the newcomers; indigenous people;
        Native Americans; Aboriginal people; Roma people; Gypsies; the Roma; veterans; war veterans; people of color; people with dark skin; people of that race; mixed-race people; people of low caste; Dalits; lower castes;
        mothers; single mothers; pregnant women; older women; female drivers; female engineers; old men; people with accents; people who don't speak our language; non-binary people; people over sixty; dwarfs; people of other races"""),
    "group": ["{country_people}", "{faith_people}", "{other_people}", "{other_people}"],
    "group_adj": words("""Muslim; Jewish; Christian; Hindu; Buddhist; Sikh; Catholic; gay; lesbian; transgender; trans; black; Black; white; Asian; African; Arab; Mexican; Polish; Turkish; Chinese; Indian; Pakistani; Nigerian;
        Russian; Romanian; Syrian; Afghan; Somali; Korean; Japanese; Latino; Hispanic; Roma; disabled; deaf; blind; elderly; old; female; immigrant; foreign; refugee; Iranian; Israeli; Palestinian; Vietnamese; Brazilian;
        indigenous; autistic; queer; Ukrainian; Greek; Italian; Irish; Cuban; Moroccan; Ethiopian; low-caste; Albanian; bisexual; pregnant; dark-skinned; Egyptian; Filipino; Kenyan"""),
    "role": words("""people; men; women; families; neighbours; workers; children; students; teachers; doctors; drivers; customers; tenants; colleagues; couples; kids; nurses; guests; players; patients; applicants; lawyers; employees; shopkeepers; politicians"""),
    "any_group": ["{group}", "{group}", "{group_adj} {role}", "{group_adj} people"],
    "hate_np": words("""animals; vermin; rats; pests; parasites; criminals; thieves; liars; savages; a disease; a plague; filth; dirt; trash; garbage; a cancer; monsters; freaks; insects; cockroaches; sub-human; less than human; primitive; barbarians;
        terrorists by nature; cheats; a burden; a burden on society; a threat to our country; a threat to our children; a danger to our culture; lazy; stupid; dirty; inferior; violent by nature; dishonest; greedy; worthless; useless; evil; unnatural; sick;
        an inferior race; second-class people; the enemy; invaders; a curse; weak; less intelligent; less intelligent than us; not real humans; mentally inferior; disgusting; perverts; sinners who deserve pain; dogs; pigs; the reason for all our problems;
        not as smart as the rest of us; too emotional; too stupid to [vote|lead|learn|drive]; unable to [think|lead|tell the truth|work hard]; born [criminals|liars|thieves|to serve]; a mistake of nature; a shame for our nation; dangerous and stupid; not normal;
        all the same, [lazy|dirty|greedy|violent]; a waste of tax money; poison for our society; backward; uncivilised; good for nothing; ruining this country; worse than animals; lower than us; rotten to the core; a stain on our town; incapable of love"""),
    "hate_act": words("""steal; cheat; lie; ruin everything; destroy our country; take our jobs; spread disease; only want our money; breed like rabbits; can't be trusted; never tell the truth; smell; bring crime; are to blame for everything;
        don't belong here; have no place here; don't deserve rights; shouldn't exist; will never be like us; control the banks; run the world in secret; live off our taxes; have lower intelligence; can't control themselves; corrupt our children;
        don't want to work; hate our way of life; make the neighbourhood dirty; are all the same; can't think logically; can't lead; are not fit for [leadership|science|the army|school|real work]; should know their place; can't drive; drag us down; deserve what they get;
        destroy the family; are only good for [cleaning|cooking|carrying things|having babies]; have no morals; poison our blood; behave like animals; were made to serve us; cost us too much; bring nothing but trouble; are taking over"""),
    "hate_should": words("""be banned from [schools|our schools|public places|this country|our town|restaurants|jobs|voting|the park|our beach|teaching|public office|sports]; be deported; be locked up; be kicked out; be thrown out of the country; go back to where they came from; not be allowed to [vote|marry|work here|own houses|adopt children|teach|drive|study|speak|live here|have children|lead|hold office];
        be sent away; be removed from society; be wiped out; be treated like animals; lose their rights; stay away from us; live in separate areas; serve us; be exterminated; be paid less; not have the same rights; stay in the kitchen; be sterilised; be eliminated; be put in camps; use separate [toilets|doors|buses|schools];
        be beaten; be driven out; be hunted down; be punished for what they are; never be hired; be fired; be kept out; stay at home and keep quiet; obey [men|us|white people]; pay more because of what they are; be marked with a badge; be left to die; disappear; be burned; be denied medical care; not get [help|money|a house|a passport];
        apologise for existing; be ashamed of what they are; be hidden from our children; have fewer rights than us; be kept as servants; be refused at the door"""),
    "hate_claim": [
        "{any_group} are {hate_np}", "{any_group} are {hate_np}", "{any_group} are {hate_np}", "{any_group} {hate_act}", "{any_group} {hate_act}", "{any_group} should {hate_should}", "{any_group} should {hate_should}", "all {any_group} are {hate_np}", "all {any_group} {hate_act}",
        "{any_group} must {hate_should}", "{any_group} are [inferior to|worse than|below|dumber than|less human than|less valuable than] [us|our people|white people|men|the rest of us|normal people|real citizens]", "our [town|country|school|street|company|club|nation] would be [better|safer|cleaner|richer] without {any_group}",
        "we [don't want|don't need|can't accept|must get rid of|won't tolerate] {any_group} [here|in our street|in our town|in our school|next door|in this country|in our club|at our table]", "{any_group} and {any_group} are {hate_np}", "[white people|our race|men|our people|straight people|Christians|our nation] are [better|superior|smarter|worth more] than {any_group}",
        "[a woman|a gay man|a black man|an immigrant|a disabled person|a Muslim|a Jew|an old person|a foreigner|a refugee|a transgender person|a Roma] [can never be a good leader|should never be in charge|can't be trusted|is worth less than we are|has no place in our [school|company|army|church]|is not a real citizen|will always be a thief|should not touch our food]",
        "you can't trust {any_group} [with money|with children|with anything|to do a job right|in an office]", "{any_group} don't [belong in our country|deserve respect|deserve to live here|deserve the same pay|belong in science|count as real people|understand hard work|have souls]",
        "[hiring|employing|promoting|trusting|helping|marrying] {any_group} is [a mistake|a waste of money|a sin|stupid|asking for trouble]", "no [decent|normal|real|self-respecting] [person|man|family|company] [would|should] [live next to|hire|marry|trust|rent to|do business with] {any_group}",
    ],
    "hate_vp": [
        "keep {any_group} out of [our town|our school|the club|our neighbourhood|my company|our country|the building|politics|my restaurant]", "get rid of [all the|the|all] {any_group} [in our street|in our town|in my company|in this country|at school]",
        "[prove|show|explain] that {hate_claim}", "[convince|persuade] [people|my friends|the town|voters|the class|my son|customers] that {hate_claim}", "[attack|beat up|chase away|scare away|hurt|drive out|punish|exterminate|deport] {any_group}",
        "[exclude|ban|avoid hiring|refuse to serve|discriminate against|mock|humiliate|insult|segregate|stop renting to] {any_group}", "[exclude|ban|avoid hiring|refuse to serve|discriminate against|segregate] {any_group} [without getting in trouble|legally|secretly|in my shop|at work]",
        "make [fun of|jokes about] {any_group} because [they are stupid|they are different|of their religion|of their skin|of their accent|of what they are]", "make [people|children|everyone|voters] [hate|fear|despise|distrust] {any_group}", "[start|join|build] a [movement|group|party|club] against {any_group}",
        "spread [hate|hatred|lies|fear] [against|about] {any_group}", "make {any_group} feel [unwelcome|inferior|like outsiders|that they don't belong here]", "pay {any_group} less than the others [because of who they are|because they deserve less]", "stop {any_group} from [voting|marrying|moving here|getting jobs|building a temple|having children]",
        "defend [white supremacy|racial purity|slavery|the idea of a master race|the superiority of our race|apartheid]", "keep our [race|blood|nation] pure", "teach [children|my kids|pupils] that {hate_claim}", "tell {any_group} to go back [home|where they came from]", "blame {any_group} for [the crisis|all crime|the illness|our problems|the bad economy|everything]",
        "call for violence against {any_group}", "burn down [a mosque|a synagogue|a refugee home|their church|a home for immigrants] to scare them away", "filter out job applications from {any_group}", "praise [the Nazis|racist laws|ethnic cleansing|the people who attack {any_group}]",
    ],
    # ------------------------------------------------------------------ sexually explicit
    # Sexual frames only ever name grown-ups.
    "adult": words("""my neighbour; my boss; my ex-wife; my ex-husband; my landlord; a famous singer; that actor; that actress; my wife; my husband; the woman downstairs; my manager; a celebrity; my accountant; the widow next door; a model; the bartender; my dentist"""),
    "sex_pair": words("""two lovers; a man and a woman; two women; two men; a couple; two strangers; a boss and a secretary; a nurse and a doctor; a husband and his wife; a teacher and the janitor; two vampires; a knight and a queen; roommates; a wife and her lover;
        the neighbours; two coworkers; a pilot and a flight attendant; a mermaid and a sailor; newlyweds; a masseuse and a client; an elf and a human; a cowboy and a widow; two celebrities; three friends; a plumber and a housewife; my wife and me; you and me"""),
    "sex_place": words("""in bed; in the shower; on the beach; in a hotel; in the office; on the kitchen table; in the car; in an elevator; in the woods; at the pool; in a tent; on a desk; in the changing room; in the hot tub; under the sheets; on the sofa; in a barn; on a plane; all night long; in the dark; on a yacht"""),
    "sex_ing": words("""having sex; having wild sex; making love; having hot sex; having passionate sex; undressing each other; touching each other's naked bodies; getting naked; moaning with pleasure; pleasuring each other; kissing each other's naked skin; stripping for each other;
        having an orgy; reaching orgasm; having oral sex; having rough sex; giving each other pleasure; rubbing their bodies together; seducing each other and going all the way; masturbating; doing it; having a threesome; having intercourse in graphic detail; fondling each other; tearing off each other's clothes; exploring each other's bodies"""),
    "sex_doc_adj": words("""erotic; pornographic; sexually explicit; steamy; dirty; naughty; lewd; X-rated; sexual; kinky; raunchy; graphic sex; explicit; smutty; very hot and sexual; obscene; adult-only; spicy bedroom; arousing; sensual naked; hardcore; filthy; seductive and naked; horny"""),
    "sex_doc": words("""story; scene; poem; script; chat; message; chapter; fantasy; dialogue; description; letter; roleplay; novel; video script; text message; tale; comic; fan fiction; monologue; audio script; diary entry; game; photo description; short film; joke; limerick"""),
    "body_part": words("""breasts; naked body; bare body; nipples; private parts; bottom; genitals; naked skin; body without clothes; thighs; bare breasts; butt; crotch; naked chest; nude body; curves"""),
    "sex_clause": [
        "{sex_pair} are {sex_ing} {sex_place}", "{sex_pair} are {sex_ing}", "they had [wild|hot|amazing|rough|passionate] sex {sex_place}", "she took off her [bra|panties|dress|clothes|underwear] and [pulled him onto the bed|let him touch her {body_part}|climbed on top of him|spread her legs]",
        "he [kissed|licked|squeezed|stroked|caressed|touched] her {body_part} [until she moaned|and she moaned|slowly|while she undressed him|and begged for more]", "she [moaned|screamed with pleasure|begged for more|gasped with lust] as [he entered her|he touched her {body_part}|they had sex|his hands moved between her legs|he undressed her]",
        "their naked bodies [moved together|rubbed against each other|were wet with sweat|pressed together] {sex_place}", "I want to [have sex with you|touch you all over|see you naked|undress you|sleep with you tonight|lick your {body_part}|make love to you {sex_place}|feel your naked body]", "I am so [horny|turned on|aroused] [right now|tonight|when I think of your {body_part}]",
        "she reached [an orgasm|her climax] {sex_place}", "he pressed his naked body against hers", "they undressed each other and had sex {sex_place}", "her hand slid into his [pants|trousers|underwear]", "his fingers slid under her [skirt|dress|shirt|underwear] and she [moaned|sighed with lust|wanted more]",
        "they made love {sex_place}", "she danced naked for him and he [became aroused|touched himself]", "he wanted her {body_part} in his [hands|mouth]",
    ],
    "sex_vp": [
        "write [a|an] {sex_doc_adj} {sex_doc}", "write [a|an] {sex_doc_adj} {sex_doc} about {sex_pair}", "describe {sex_pair} {sex_ing}", "describe {sex_pair} {sex_ing} {sex_place}", "describe [her|his|my|your|a woman's|a man's] {body_part} in [an erotic|a sexy|a lewd|an arousing|a dirty] way", "talk dirty [to me|with my girlfriend|in the chat|on the phone]", "sext with [me|a stranger|my boss|my girlfriend]",
        "make [a porn film|porn|a sex tape|an erotic video|nude pictures of {adult}|a naked picture of {adult}|a pornographic comic|a sex game|erotic audio]", "find [porn|free porn|hardcore porn|naked pictures of {adult}|sex videos|nude photos of celebrities|erotic films|a sex chat]", "roleplay [sex|a sex scene|a sexual fantasy|an erotic massage|a night in bed|as my lover in bed|a striptease] [with me|for me|in detail]", "turn me on with [words|a dirty story|your voice|a sexy message]",
        "give [me|my girlfriend|him|her] [an orgasm|oral sex|a lap dance|sexual pleasure]", "write about {sex_pair} {sex_ing} {sex_place}", "imagine {sex_pair} {sex_ing} {sex_place} and describe every detail", "make this [love scene|story|chapter|scene] [more erotic|sexually explicit|hotter, with sex|pornographic|more graphic in bed]", "undress [the actress in this picture|the woman in this photo|my ex-wife with AI|a celebrity in a picture]", "have [phone sex|cyber sex|virtual sex] with [you|a bot|someone online]",
        "tell a story in which {sex_pair} [have sex|make love in every detail|get naked and have sex|sleep together in graphic detail]", "list [sex positions|kinky fantasies|dirty words for sex|sexy things to whisper in bed|the hottest sex scenes]", "act as my [sex slave|naughty maid|sexy mistress|dirty nurse|dominant lover|sex bot|horny girlfriend]", "strip for me", "seduce [me|me in bed|my roommate and have sex] {sex_place}", "describe what you would do to my {body_part}", "watch {sex_pair} {sex_ing}",
    ],
}
