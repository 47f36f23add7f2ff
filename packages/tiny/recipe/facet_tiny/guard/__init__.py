"""The guard, tiny-shield: its grammar of labelled contents, its teacher, its training and its figures."""
