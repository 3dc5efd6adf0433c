"""Wrong answers to the exercises of notebook 02, as students write them, and words that the check must say."""

import pandas as pd


def in_nats(information, entropies):
    gaps = []
    for column in information.T:
        second, best = sorted(column)[-2:]
        gaps.append(best - second)
    return sum(gaps) / len(gaps)


def to_the_worst(information, entropies):
    gaps = [(max(column) - min(column)) / entropy for column, entropy in zip(information.T, entropies, strict=True)]
    return sum(gaps) / len(gaps)


def best_alone(information, entropies):
    return pd.DataFrame(information / entropies).max().mean()


def along_rows(information, entropies):
    shares = pd.DataFrame(information / entropies)
    return sum(row.nlargest(2).iloc[0] - row.nlargest(2).iloc[1] for _, row in shares.iterrows()) / len(shares)


def mean_by_mean(information, entropies):
    top = pd.DataFrame(information).apply(lambda column: column.nlargest(2).diff().abs().sum())
    return top.sum() / entropies.sum()


def not_rescaled(information):
    shares = [max(row) / sum(row) if sum(row) else 1 / len(row) for row in information]
    return sum(shares) / len(shares)


def by_columns(information):
    columns = pd.DataFrame(information)
    even = 1 / len(columns)
    return ((columns.max() / columns.sum()).mean() - even) / (1 - even)


def idle_code_dropped(information):
    rows = pd.DataFrame(information)
    even = 1 / rows.shape[1]
    return ((rows.max(axis=1) / rows.sum(axis=1)).dropna().mean() - even) / (1 - even)


def idle_code_is_zero(information):
    rows = pd.DataFrame(information)
    even = 1 / rows.shape[1]
    return ((rows.max(axis=1) / rows.sum(axis=1)).fillna(0).mean() - even) / (1 - even)


def divided_by_zero(information):
    even = 1 / information.shape[1]
    total = [float("nan") if not row.any() else row.max() / row.sum() for row in information]
    return (sum(total) / len(total) - even) / (1 - even)


def table_of(groups, criterion, scores):
    return pd.DataFrame({"group": groups, "criterion": criterion, "score": scores})


def one_of_all(groups, criterion, scores):
    table = table_of(groups, criterion, scores)
    kept = table.sort_values("criterion").iloc[-1]["score"]
    return (kept - table["score"].mean()) / (table["score"].max() - table["score"].mean())


def ratio_by_group(groups, criterion, scores):
    ratios = []
    for _, group in table_of(groups, criterion, scores).groupby("group"):
        mean = group["score"].mean()
        ratios.append((group.loc[group["criterion"].idxmax(), "score"] - mean) / (group["score"].max() - mean))
    return sum(ratios) / len(ratios)


def smallest(groups, criterion, scores):
    table = table_of(groups, criterion, scores)
    means = table.groupby("group")["score"].mean()
    kept = table.sort_values("criterion").groupby("group")["score"].first()
    return (kept - means).sum() / (table.groupby("group")["score"].max() - means).sum()


def missed(groups, criterion, scores):
    table = table_of(groups, criterion, scores)
    best, means = table.groupby("group")["score"].max(), table.groupby("group")["score"].mean()
    kept = table.sort_values("criterion").groupby("group")["score"].last()
    return (best - kept).sum() / (best - means).sum()


def not_divided(groups, criterion, scores):
    table = table_of(groups, criterion, scores)
    kept = table.sort_values("criterion").groupby("group")["score"].last()
    return (kept - table.groupby("group")["score"].mean()).mean()


PLANTED = {
    "gap_score": [
        (in_nats, "in nats"),
        (to_the_worst, "best minus the worst"),
        (along_rows, "along the rows"),
        (best_alone, "without the second best"),
        (mean_by_mean, "mean entropy"),
    ],
    "info_m": [
        (not_rescaled, "not rescaled"),
        (by_columns, "InfoC"),
        (idle_code_dropped, "was left out"),
        (idle_code_is_zero, "share 0"),
        (divided_by_zero, "divided by zero"),
    ],
    "worth": [
        (one_of_all, "one model of all"),
        (ratio_by_group, "mean of the ratios"),
        (smallest, "smallest criterion"),
        (missed, "that was missed"),
        (not_divided, "gain itself"),
    ],
}
