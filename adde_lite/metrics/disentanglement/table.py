"""Every metric of one representation, in one call."""

from dataclasses import dataclass

from adde_lite.metrics.codes import Codes
from adde_lite.metrics.disentanglement.beta_vae import BetaVAEScore, beta_vae_score
from adde_lite.metrics.disentanglement.dci import DCI, Classifier, dci
from adde_lite.metrics.disentanglement.explicitness import Explicitness, explicitness
from adde_lite.metrics.disentanglement.factor_vae import FactorVAEScore, factor_vae_score
from adde_lite.metrics.disentanglement.infomec import InfoMEC, infomec
from adde_lite.metrics.disentanglement.irs import IRS, irs
from adde_lite.metrics.disentanglement.mig import MIG, mig
from adde_lite.metrics.disentanglement.modularity import Modularity, modularity
from adde_lite.metrics.disentanglement.sap import SAP, sap
from adde_lite.metrics.disentanglement.sources import CodeSource, LabelledCodes


@dataclass(frozen=True, eq=False)
class MetricTable:
    """The results of all metrics; `rows` has their numbers, the results the matrices behind them."""

    mig: MIG
    sap: SAP
    sap_continuous: SAP
    dci: DCI
    modularity: Modularity
    explicitness: Explicitness
    irs: IRS
    infomec: InfoMEC
    beta_vae: BetaVAEScore
    factor_vae: FactorVAEScore

    @property
    def rows(self) -> dict[str, float]:
        """Every number by its name, best 1."""
        return {
            "MIG": self.mig.score,
            "SAP": self.sap.score,
            "SAP continuous": self.sap_continuous.score,
            "DCI disentanglement": self.dci.score,
            "DCI completeness": self.dci.completeness,
            "DCI informativeness": self.dci.informativeness,
            "modularity": self.modularity.score,
            "explicitness": self.explicitness.score,
            "IRS": self.irs.score,
            "InfoM": self.infomec.score,
            "InfoE": self.infomec.explicitness,
            "InfoC": self.infomec.compactness,
            "beta-VAE": self.beta_vae.score,
            "FactorVAE": self.factor_vae.score,
        }

    def __str__(self) -> str:
        return "\n".join(f"{name:20}{score:8.4f}" for name, score in self.rows.items())


def metric_table(
    codes: Codes,
    factors: Codes,
    codes_test: Codes,
    factors_test: Codes,
    *,
    source: CodeSource | None = None,
    dci_model: Classifier = "forest",
    seed: int = 0,
) -> MetricTable:
    """All metrics of one representation.

    Args:
        codes: float (N, D).
        factors: int (N, F), F at least 2, each with two values or more.
        codes_test: float (M, D), rows to judge by.
        factors_test: int (M, F).
        source: where the beta-VAE and FactorVAE scores draw from; the labelled training rows unless given.
        dci_model: as `dci`.
        seed: of everything random.

    Raises:
        InputError: as the metrics.
    """
    drawn_from = LabelledCodes(codes, factors) if source is None else source
    return MetricTable(
        mig=mig(codes, factors),
        sap=sap(codes, factors, codes_test, factors_test),
        sap_continuous=sap(codes, factors, codes_test, factors_test, continuous=True),
        dci=dci(codes, factors, codes_test, factors_test, dci_model, seed=seed),
        modularity=modularity(codes, factors),
        explicitness=explicitness(codes, factors, codes_test, factors_test),
        irs=irs(codes, factors),
        infomec=infomec(codes, factors, seed=seed),
        beta_vae=beta_vae_score(drawn_from, seed=seed),
        factor_vae=factor_vae_score(drawn_from, seed=seed),
    )
