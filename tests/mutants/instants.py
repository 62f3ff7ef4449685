"""Servers that take the same instant for another one where it is written otherwise."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from .mutant import Mutant
from .stand_in import Mistake

DAY = 86400


class InstantMutant(Mutant):
    kills = "LIST-UNTIL-SPELLINGS"
    version = "1.44"


class DropsTheZoneOfUntil(InstantMutant):
    def moment(self, text: str) -> float:
        return super().moment(re.sub(r"(?<=\d)[+-]\d\d:\d\d$", "Z", text))


class TakesTheZoneTheOtherWay(InstantMutant):
    def moment(self, text: str) -> float:
        swapped = re.sub(r"[+-](?=\d\d:\d\d$)", lambda sign: "-+"[sign[0] == "-"], text)
        return super().moment(swapped if "T" in text else text)


class CutsUntilToTheDay(InstantMutant):
    def moment(self, text: str) -> float:
        whole = super().moment(text)
        return whole - whole % DAY if "T" in text else whole


class FractionOfUntilIsMilliseconds(InstantMutant):
    """Joins the digits before and behind the point."""

    def moment(self, text: str) -> float:
        if re.fullmatch(r"\d+\.\d+", text):
            return super().moment(text.replace(".", ""))
        return super().moment(text)


class DurationWithoutItsMinutes(InstantMutant):
    """Reads the first unit of a compound duration."""

    def moment(self, text: str) -> float:
        first = re.match(r"\d+h(?=\d)", text)
        return super().moment(first[0]) - DAY * 365 if first else super().moment(text)


class SecondsThatHavePassedAreSecondsSince1970(InstantMutant):
    def moment(self, text: str) -> float:
        return float(text[:-1]) if re.fullmatch(r"\d+s", text) else super().moment(text)


class RefusesRfc3339Fractions(InstantMutant):
    def moment(self, text: str) -> float:
        if re.search(r":\d\d\.\d+", text):
            raise Mistake(f"invalid value for 'until' filter: {text}")
        return super().moment(text)


class DateWithoutAZoneIsADayLate(InstantMutant):
    def moment(self, text: str) -> float:
        zoned = text.endswith("Z") or re.search(r"[+-]\d\d:\d\d$", text)
        return super().moment(text) + (0 if "T" not in text or zoned else 2 * DAY)


class ZonedTimesAreReadInTheServersZone(InstantMutant):
    def moment(self, text: str) -> float:
        whole = super().moment(text)
        if re.search(r"[+-]08:00$", text):
            return datetime.fromtimestamp(whole, UTC).timestamp() - 8 * 3600 - DAY * 30
        return whole


class CutsUntilToTheMinute(InstantMutant):
    def moment(self, text: str) -> float:
        return super().moment(re.sub(r"(T\d\d:\d\d):\d\d(\.\d+)?", r"\1:00", text))


class CutsFractionsOfDurations(InstantMutant):
    """Reads the number of a duration as a whole one."""

    def moment(self, text: str) -> float:
        return super().moment(re.sub(r"^(\d+)\.\d+(h|m|s)$", r"\1\2", text))


class NoFractionsInDurations(InstantMutant):
    def moment(self, text: str) -> float:
        if re.fullmatch(r"\d+\.\d+[hms]", text):
            raise Mistake(f"invalid value for 'until' filter: {text}")
        return super().moment(text)


class MillisecondsOfDurationsAreSeconds(InstantMutant):
    def moment(self, text: str) -> float:
        return super().moment(re.sub(r"^(\d+)ms$", r"\1s", text))


class NanosecondsOfDurationsAreMicroseconds(InstantMutant):
    def moment(self, text: str) -> float:
        return super().moment(re.sub(r"^(\d+)ns$", r"\1us", text))
