"""The questionnaire engine: pure functions over plain values; no Django, no clock, no database."""
