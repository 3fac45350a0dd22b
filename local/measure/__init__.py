"""`make measure`: measures the costs of the suite, a start, an `up` and a scan, as ratios of one
run.

Each module measures one subject and returns a part of `results.Results`; `document` turns them
into the tables of docs/measured.md.
"""
