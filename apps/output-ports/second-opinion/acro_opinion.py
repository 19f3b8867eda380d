"""A second opinion on an answer of `mesh aggregate`, by the acro (PyPI, the SACRO project's checker of research outputs), from the rows themselves.

    pip install acro==1.0.2
    python apps/output-ports/second-opinion/acro_opinion.py <rows.csv of a snapshot> <answer.json of mesh aggregate -o json>

The rows are those of `mesh port fetch`, the answer a count of people by one or two columns with no condition. acro makes the same table
with its own checks at the same threshold. Printed is, cell by cell, what both say; exit 1 if acro would withhold a cell that was told,
or if a number that was told is further from the true one than half of what it is rounded to.
"""

import json
import sys

import acro
import acro.sdcchecks
import pandas as pd

rows_file, answer_file = sys.argv[1:3]
answer = json.load(open(answer_file))
threshold, round_to = answer["rules"]["threshold"], answer["rules"]["roundTo"]
by = list(answer["cells"][0]["by"])

rows = pd.read_csv(rows_file, dtype=str, keep_default_na=False)
rows = rows[rows["change_type"].isin(["CREATED", "UPDATED"])]
# acro counts rows: one for each person in each cell.
people = rows.drop_duplicates(["person", *by])[by]
people = people.assign(all="all")
across = people[by[1]] if len(by) > 1 else people["all"]

judge = acro.ACRO(suppress=True)
# "Safe" from this number on; ours is the largest that is not.
judge.config.update(safe_threshold=threshold + 1)
judge.sdc_checks = acro.sdcchecks.SDCChecks(judge.config)
judged = judge.crosstab(people[by[0]], across)
true = pd.crosstab(people[by[0]], across)

wrong = 0
for cell in answer["cells"]:
    place = [value if value is not None else "" for value in cell["by"].values()]
    column = place[1] if len(place) > 1 else "all"
    count = int(true.loc[place[0], column])
    withheld = bool(pd.isna(judged.loc[place[0], column])) and count > 0
    told = cell["value"]
    bad = told is not None and (withheld or abs(told - count) > round_to / 2)
    wrong += bad
    print(f"{' / '.join(place):40} true {count:6}  acro {'*' if withheld else 'tells':6} ours {'*' if told is None else told}{'  WRONG' if bad else ''}")
print(f"{len(answer['cells'])} cells, {wrong} wrong; threshold {threshold}, rounded to {round_to}")
sys.exit(1 if wrong else 0)
