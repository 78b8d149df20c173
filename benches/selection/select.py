"""Selection of the best by KN and OCBA of sim-tools on the candidates of `casim plan`; see README.md."""

import csv
import sys
import warnings

import numpy as np
from sim_tools.ovs.fixed_budget import OCBA
from sim_tools.ovs.indifference_zone import KN

EXPERIMENTS = 200
# Rounds of KN at most: candidates that cost the same and never miss a goal are never told apart.
ROUNDS = 1_000
FIRST = 10
# Less than any difference of cost: a variance of 0 is divided by.
NOISE = 1e-3


class Bank:
    """What each run of each candidate misses; a run is drawn with replacement."""

    def __init__(self, path):
        rows = list(csv.DictReader(open(path, newline="")))
        names = list(dict.fromkeys(row["candidate"] for row in rows))
        of = {name: [row for row in rows if row["candidate"] == name] for name in names}
        first = [of[name][0] for name in names]
        self.labels = [row["label"] for row in first]
        self.sides = [row["side"] for row in first]
        # Servers, then cores, where nothing has a price.
        cost = [(int(row["cost"]), int(row["cost_2"])) for row in first]
        most = 1 + max(second for _, second in cost)
        money = all(second == 0 for _, second in cost)
        self.cost = np.array([float(a if money else a * most + b) for a, b in cost])
        self.missed = np.array([[int(row["missed"]) for row in of[name]] for name in names])
        # Each goal missed weighs as much as the dearest of all costs more than the cheapest.
        self.penalty = max(np.ptp(self.cost), 1.0)
        steps = np.diff(np.unique(self.cost))
        self.step = float(steps.min()) if len(steps) else 1.0
        self.spent = 0

    def begin(self, seed):
        self.rng = np.random.default_rng(seed)
        self.spent = 0

    def register_observer(self, observer):
        self.observer = observer

    def simulate(self, design):
        self.spent += 1
        run = self.rng.integers(self.missed.shape[1])
        value = self.cost[design] + self.penalty * self.missed[design, run]
        value += self.step * NOISE * self.rng.standard_normal()
        self.observer.feedback(self, design, value)

    def is_right(self, design):
        """It keeps every goal, and nothing cheaper keeps each at its lower edge."""
        cheaper = self.cost < self.cost[design]
        within = np.array([side == "Within" for side in self.sides])
        return self.sides[design] in ("Within", "Zone") and not bool((cheaper & within).any())

    def best_in_the_mean(self):
        return int((self.cost + self.penalty * self.missed.mean(axis=1)).argmin())


class Ended(KN):
    """KN that ends after ROUNDS too."""

    def _stopping(self):
        return super()._stopping() or self._r >= ROUNDS


class Mended(Ended):
    """The same with the variance of the pair that is meant: the flat index of sim-tools 1.3.0 is one too low
    where the second number is the lower one."""

    def _limit_to_distance_from_sample_means(self, design_i, design_l):
        index = design_i * (self._k - 1) + design_l - (design_l > design_i)
        variance = self._variance_of_diffs[index]
        w_il = (self._delta / (2 * self._r)) * (self._h_squared * variance / self._delta**2 - self._r)
        return max(0, w_il)


def by_kn(bank, kind):
    chosen = kind(bank, len(bank.cost), bank.step, 0.05, FIRST, "min")
    left = chosen.solve()
    means = chosen._means[left]
    return int(left[means.argmax()]), len(left) > 1


def by_ocba(bank, budget):
    count = len(bank.cost)
    # At least five of each, and rounds of five.
    spare = max(budget - 5 * count, 5)
    chosen = OCBA(bank, count, 5 * count + spare // 5 * 5, 5, 5, "min")
    return int(chosen.solve()), False


def told(name, bank, cases, choose, experiments):
    right, spent, ended = 0, 0, 0
    for experiment in range(experiments):
        bank.begin(experiment)
        design, open_ = choose()
        right += bank.is_right(design)
        ended += open_
        spent += bank.spent
    runs = spent / experiments * cases
    print(f"| {name} | {len(bank.cost)} | {right / experiments:.3f} | {runs:.0f} | {ended} |", flush=True)


def main():
    warnings.simplefilter("ignore")
    path, cases, budget = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    experiments = int(sys.argv[4]) if len(sys.argv) > 4 else EXPERIMENTS
    bank = Bank(path)
    best = bank.best_in_the_mean()
    print(f"{path}: {len(bank.cost)} candidates, best of cost + {bank.penalty:g} x goals missed in the mean:")
    print(f"{bank.labels[best]} ({bank.sides[best]}), a right plan: {bank.is_right(best)}")
    print("| by | candidates | right | runs | still open |")
    print("|---|---|---|---|---|")
    told("OCBA, casim's budget", bank, cases, lambda: by_ocba(bank, budget // cases), experiments)
    told("KN of sim-tools", bank, cases, lambda: by_kn(bank, Ended), experiments)
    told("KN, mended", bank, cases, lambda: by_kn(bank, Mended), experiments)


main()
