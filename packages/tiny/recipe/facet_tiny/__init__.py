"""The seeded recipe that makes Facet's embedded Gemma 2, its guard and its sparse autoencoders."""
