import Decisions
import KubernetesModel
import WorkerContract

/// Of the form that digests have: the version's number.
func digest(of version: String) -> String {
  let number = version.dropFirst()
  return "sha256:" + String(repeating: "0", count: 64 - number.count) + number
}

/// What workers find in the life that the tests tell.
enum Script {
  /// The result of a Job, from its run specification.
  static func result(of job: JSONValue, _ facts: World.Facts) -> RunResult {
    guard let run = specification(of: job, facts) else {
      return RunResult(
        run: "", failed: RunFailure(reason: "NoRun", message: "no run", retryable: false, step: "ingest"))
    }
    if let training = run.train {
      return RunResult(run: run.run).trained(training, isBetter: !facts.surroundings.isNothingBetter)
    }
    if let removal = run.remove {
      let versions = removal.artifacts.count
      return RunResult(run: run.run, removed: RemovalResult(rows: 1200, reports: 4, versions: versions))
    }
    if let load = run.load {
      return RunResult(run: run.run, loaded: LoadResult(artifact: load.artifact, rows: 100))
    }
    let index = facts.surroundings.checks.firstIndex(of: job.name) ?? 0
    return RunResult(run: run.run, checked: check(index, run.check?.reference.version ?? ""))
  }

  private static func specification(of job: JSONValue, _ facts: World.Facts) -> RunSpecification? {
    let volumes = job[path: "spec", "template", "spec", "volumes"]?.array ?? []
    guard let name = volumes.first(where: { $0["name"] == "run" })?[path: "configMap", "name"]?.string,
      let text = facts.object("configmaps/\(name)")?[path: "data", "run.json"]?.string
    else { return nil }
    return JSONValue.value(in: text)
  }

  /// The first is fine, the next two find drift, the fourth finds too little; all later ones are fine.
  private static func check(_ index: Int, _ version: String) -> CheckResult {
    let drifts = index == 1 || index == 2
    let drift = DriftSummary(
      severity: drifts ? .critical : .none, features: 1, critical: drifts ? 1 : 0, share: drifts ? 1 : 0,
      worst: drifts ? [.init(feature: "age", severity: .critical, psi: 0.4, pValue: 0, effect: 0.5)] : [])
    return CheckResult(
      version: version, rows: index == 3 ? 7 : 500, conclusive: index != 3, drift: drift, quality: .init(),
      performance: .init())
  }
}

extension RunResult {
  /// v1 is good, v3 is worse than what serves, v5 fails; the others are better.
  fileprivate func trained(_ training: TrainingRun, isBetter: Bool) -> RunResult {
    var result = self
    guard training.version != "v5" || !isBetter else {
      result.failed = RunFailure(
        reason: "SourceUnreadable", message: "the file is not there", retryable: false, step: "ingest")
      return result
    }
    let metrics = ModelMetrics(accuracy: 0.87, precision: 0.8, recall: 0.7, f1: 0.75, rocAUC: 0.92, brier: 0.1)
    let difference = training.version == "v3" || !isBetter ? -0.02 : 0.01
    let comparison = training.champion.map { champion in
      Comparison(
        champion: champion, championMetrics: metrics, metric: .rocAUC, difference: difference,
        lower: difference - 0.005, upper: difference + 0.005, pValue: 0.01, rows: 200)
    }
    result.trained = TrainingResult(
      artifact: ArtifactReference(version: training.version, digest: digest(of: training.version)),
      rows: .init(train: 600, validation: 200, test: 200), metrics: metrics, comparison: comparison)
    return result
  }
}
