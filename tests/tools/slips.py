"""tasks.py check: where work/ is not as the page of a step has it, as far as that is typed. There may be a slip."""
import ast
import contextlib
import re
from collections import defaultdict
from dataclasses import dataclass, field
from tokenize import TokenError

import diffs
from layout import meaning, split
from learner import read_reached, starting_point
from steps import STEPS, read_code
from terminal import ME
from versions import CAPSTONE, VERSIONS, find_yours, read_page, yours

LEFT_OUT = re.compile(r'\s*(#|"""|\'\'\'|import\b|from\b|$)')  # comments, docstrings, imports
MOST = 4  # so many places are shown


def tell(work, index, is_green):
    """Return in lines where work/ is not as the page of a step has it, or else what the learner's own is there."""
    comparison = Comparison(work, index, is_green)
    places = comparison.find_slips() + comparison.find_missing() or comparison.find_lost() or comparison.find_own()
    if not places:
        return []
    what = 'Green, and yet not as the page has it, perhaps on purpose' if is_green else 'Not as the page has it'
    step = STEPS[index][0].name.partition('-')[0]
    return [f'{what}:', *(f'  work/{place}' for place in places[:MOST]), f'To compare: {ME} diff work {step}']


@dataclass
class Line:
    """A line of code; in Python a logical one, which may be many in the file. Where it stands makes no difference."""

    place: tuple = field(compare=False)  # its file, and its function or ''
    number: int = field(compare=False)
    text: str = field(compare=False)
    indent: int
    saying: str


class Comparison:
    """work/ beside what a step starts from, the finished step, and its page."""

    def __init__(self, work, index, is_green):
        folder, before, self.is_green = STEPS[index][0], VERSIONS[index], is_green
        typed = read_code(work)
        self.old, self.ours, self.mine = map(read_files, (starting_point(index), read_code(folder), typed))
        self.broken = [file for file, text in typed.items() if file.endswith('.py') and not is_python(text)]
        slices = re.split('^### ', read_page(folder), flags=re.MULTILINE)[1:]
        headings = [text.partition('\n')[0] for text in slices]
        _, heading = read_reached(work)
        red = headings.index(heading) if heading in headings and not is_green else None
        self.known = sayings(self.ours)
        if not is_green:
            self.known |= sayings(self.old).union(*map(sayings, read_listings(read_page(folder))))
        self.shown, are_typed = find_shown(slices, self.old, self.ours, self.mine, is_green)
        self.is_typed = are_typed[-1 if red is None else red]
        self.for_now = read_listings(''.join(slices[:0 if red is None else red + 1]))
        self.own = yours(''.join(slices if red is None else slices[red:red + 1]))
        self.later = '' if red is None else ''.join(slices[red + 1:])
        # what earlier pages have left to the learner, and this one has not listed; and what this one leaves
        not_theirs = {name for _, name in self.shown} | {line.place[0] for line in self.ours}
        self.theirs = find_yours(work, before) - not_theirs | find_yours(before, folder)
        capstone = [version.name for version in VERSIONS].index(CAPSTONE)
        files = find_yours(VERSIONS[capstone - 1], VERSIONS[capstone]) if index >= capstone else set()
        self.outside = {(file, '') for file in files}  # from then on, all outside functions may be theirs here

    def compare(self):
        """Yield (place, its lines in work/, before, and in the finished step) for each function."""
        before, ours = group(self.old), group(self.ours)
        for place, lines in group(self.mine).items():
            yield place, lines, before.get(place, []), ours.get(place, [])

    def find_slips(self):
        """Return where a line is not known, or a function has all lines of the step's and more, or in another order.

        If all is green, only the lines of the finished step are known.
        """
        places = []
        for place, lines, before, ours in self.compare():
            odd = [line for line in lines if line.saying not in self.known]
            is_whole = all(line in lines for line in ours) and not all(line in before for line in ours)
            is_ready = self.is_green or place[1]  # what stands in no function goes as the page goes on
            is_mixed = not is_in_order(lines, ours) and not is_in_order(lines, before)
            if not odd and (is_mixed or is_whole and is_ready and lines != ours):
                odd = [first_difference(lines, ours)]
            if odd and (before or ours) and not self.theirs.intersection(place):
                is_theirs = place in self.outside
                if not (is_theirs and self.is_green):
                    places.append(show(odd[0]) + ', perhaps yours' * is_theirs)
                if place[0] in self.broken:
                    break  # behind an open bracket, all looks odd
        return places

    def find_missing(self):
        """Return where a function, or a line of it, is missing that the page has shown."""
        gone = self.shown.keys() - group(self.mine).keys()
        places = [f'{file}: {name} is missing' for file, name in sorted(gone) if name]
        for place, lines, _, ours in self.compare():
            missing = [line for line in self.shown.get(place, []) if line not in lines]
            is_theirs, is_odd = self.theirs.intersection(place), any(line.saying not in self.known for line in lines)
            if missing and not (self.is_green if is_theirs else is_odd):  # what is odd has been told
                what = 'this has another indentation' if missing[0].saying in sayings(lines) else 'this is missing'
                where = show(first_difference(lines, ours)) if place[1] else place[0]
                places.append(f'{where}: {what}: {missing[0].text}')
        return places

    def find_lost(self):
        """Return what was there before, should stay, and is nowhere now."""
        lost = sayings(self.old) & sayings(self.ours) - sayings(self.mine)
        return [f'{line.place[0]}: this is gone: {line.text}' for line in self.ours
                if line.saying in lost and not {line.place, *line.place} & (self.theirs | self.outside)]

    def find_own(self):
        """Return where the learner's own is not as ours: in the red slice, if it is typed, or else in later ones."""
        typed = set()
        for place, lines, before, _ in self.compare():
            is_given = all(line in lines for line in before) and all(
                line in before + self.shown.get(place, []) for line in lines)
            if not is_given and not any(find_run(lines, listing) for listing in self.for_now):
                typed.add(place[1])
        if self.is_green or not self.is_typed or not typed.issuperset(self.own):
            return []
        own = [name for name in self.own if name not in yours(self.later) and f'def {name}(' not in self.later]
        solutions = list(group(self.ours).values())  # it may be in another file by the end
        for names in own, typed.intersection(yours(self.later)):  # the page may be typed further
            places = [f'{show(first_difference(lines, ours))}, which is yours'
                      for place, lines, _, ours in self.compare() if place[1] in names and lines not in solutions]
            if places:
                return places
        return []


def is_python(text):
    """Return whether Python can read a module."""
    with contextlib.suppress(SyntaxError, ValueError):  # ValueError: a NUL
        return isinstance(ast.parse(text), ast.Module)


def show(line):
    """Return where a line stands: in which file, where there, and in which function, or else the line itself."""
    file, name = line.place
    return f'{file}:{line.number}: {name or line.text}'


def first_difference(lines, others):
    """Return the first line that is not the one of the others, or the last one."""
    return next((line for line, other in zip(lines, others) if line != other), lines[-1])


def is_in_order(lines, others):
    """Return whether the lines that both have come in the same order; what stands twice may be anywhere."""
    places = [others.index(line) for line in lines if others.count(line) == 1]
    return places == sorted(places)


def group(lines):
    """Return {place: its lines}."""
    groups = defaultdict(list)
    for line in lines:
        groups[line.place].append(line)
    return dict(groups)


def sayings(lines):
    """Return what lines say, in a set."""
    return {line.saying for line in lines}


def find_run(lines, others):
    """Return the lines as they stand among others, one after the other; or an empty list."""
    starts = (start for start in range(len(others)) if others[start:start + len(lines)] == lines)
    return next((others[start:start + len(lines)] for start in starts), [])


# Reading code and pages

def read_files(files):
    """Return the Lines of modules and templates."""
    return [line for file, text in sorted(files.items()) if file.endswith(('.py', '.tpl'))
            for line in read_lines(text, file)]


def read_lines(text, file):
    """Return the Lines of a file, or of a part of it, without comments, docstrings and imports."""
    text = text.expandtabs(4)
    names = [name for name, _ in diffs.split(text.splitlines())]
    parts = []
    if file.endswith('.py'):
        with contextlib.suppress(SyntaxError, TokenError):  # from here on, it is no Python
            for part in split(text):
                parts.append(part)
    parts += text[len(''.join(parts)):].splitlines(keepends=True)
    lines, end = [], 0
    for part in parts:
        code = part.lstrip('\n')
        number, end = end + 1 + len(part) - len(code), end + part.count('\n')
        if not LEFT_OUT.match(code):
            place = file, names[number - 1]
            is_text = not file.endswith('.py') or '"""\n' in code and not place[1]  # SCHEMA grows line by line
            for number, line in enumerate(code.splitlines() if is_text else [code], number):
                says = (0, re.sub(r'\s+(?!\w)|(?<!\w)\s+', '', line.lower())) if is_text else meaning(line)
                lines.append(Line(place, number, re.split('\n|  # ', line.strip())[0], *says))
    return lines


def read_listings(text):
    """Return the Lines of each listing in a part of a page."""
    found = re.findall(r'^```(?:python|(html))(?: try)?\n(.*?)^```$', text, re.MULTILINE | re.DOTALL)
    return [read_lines(listing, '.tpl' if is_html else '.py') for is_html, listing in found]


def find_shown(slices, old, ours, mine, is_all):
    """Return {place: its lines that slices show}, up to the last one that is mostly typed, and of each if all is."""
    shown, so_far, are_typed, known = {}, [], [], [*old]
    for text in slices:
        listings = read_listings(text)
        runs = sum((find_run(listing, ours) for listing in listings), [])  # but what is only for now
        new = [line for line in runs if line not in known]
        typed = [line for line in new if line in mine]
        are_typed.append(typed == new)
        known += sum(listings, [])
        so_far += runs
        if is_all or new and 2 * len(typed) > len(new):
            shown = group(so_far)
    return shown, are_typed
