import KubernetesModel

extension CrashLife {
  static let story: [Chapter] = [
    Chapter(name: "v1 is trained and served") { life in
      try await life.stage.apply(model)
    } isOver: {
      $0.serves("v1")
    },
    Chapter(name: "a check finds nothing") { life in
      try await life.predict("quiet", values: (0..<85).map { 0.1 + 0.2 * Double($0) })
      try await life.stage.apply(policy)
    } isOver: {
      $0.check == ("one", "Healthy")
    },
    Chapter(name: "drift is found; v2 is trained, gets half of the requests, then all") { life in
      try life.write(rows: rows(isOpposite: true))
      try await life.predict("drifted", values: (0..<85).map { 12 + 0.05 * Double($0) })
      try await life.stage.annotate("mp", "life", "apus.dev/check-requested-at=two")
    } isOver: {
      $0.check == ("two", "Critical") && $0.stage("v2") == "Production" && $0.serves("v2")
    },
    Chapter(name: "people go back to v1") { life in
      try await life.patch(#"{"spec": {"serving": {"version": "v1"}}}"#)
    } isOver: {
      $0.stage("v1") == "Production" && $0.serves("v1")
    },
    Chapter(name: "people want a training, v3 is not better") { life in
      try life.write(rows: rows(isOpposite: false))
      try await life.patch(
        #"{"metadata": {"annotations": {"apus.dev/retrain-requested-at": "now"}}, "spec": {"serving": {"version": null}}}"#
      )
    } isOver: {
      $0.stage("v3") == "Rejected" && $0.serves("v1")
    },
    Chapter(name: "people name a file that is not there, v4 fails") { life in
      try await life.patch(
        #"{"spec": {"training": {"source": {"csv": {"uri": "file:///var/lib/apus/data/missing.csv"}}}}}"#)
    } isOver: {
      $0.stage("v4") == "Failed"
    },
    Chapter(name: "the policy is deleted") { life in
      try await life.stage.kubectl("delete", "mp", "life", "--wait=false")
    } isOver: {
      $0.objects["MonitoringPolicy/life"] == nil
    },
    Chapter(name: "the model is deleted, nothing is left but its data") { life in
      try await life.stage.kubectl("delete", "md", "life", "--wait=false")
    } isOver: {
      Array($0.objects.keys) == ["PersistentVolumeClaim/apus-data"] && $0.pods.isEmpty
    },
  ]

  private static let model = """
    apiVersion: apus.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: life}
    spec:
      schema:
        target: {name: outcome}
        features:
        - {name: a, type: numeric}
        - {name: b, type: categorical}
      training:
        source: {csv: {uri: "file:///var/lib/apus/data/small.csv"}}
        algorithm: {gradientBoosting: {rounds: 10}}
        schedule: {cron: "0 4 1 1 *"}
        deadline: 10m
        retries: 0
      promotion:
        approval: Automatic
        rollout: {steps: [{weight: 50, duration: 3s}]}
      serving:
        replicas: 1
        template: {terminationGracePeriodSeconds: 5}
    """

  private static let policy = """
    apiVersion: apus.dev/v1alpha1
    kind: MonitoringPolicy
    metadata: {name: life, annotations: {apus.dev/check-requested-at: one}}
    spec:
      modelRef: {name: life}
      schedule: {cron: "0 4 1 1 *"}
      window: 6h
      maximumSamples: 85
      retraining:
        triggers: [CriticalDrift]
        debounce: {failures: 1, of: 1}
        cooldown: 12h
      alerts:
        channels: [{name: book, log: {}}]
        routes: [{severities: [critical, warning, info], channels: [book]}]
    """

  /// Each row is another one, as equal ones come into the same part of a split.
  static func rows(isOpposite: Bool) -> String {
    let lines = (0..<400).map { index in
      let value = Double(index) * 17 / 400
      return "\(value),\(index % 3 == 0 ? "red" : "blue"),\((value > 8.5) != isOpposite ? 1 : 0)\n"
    }
    return "a,b,outcome\n" + lines.joined()
  }
}

extension LifePage {
  /// Of the model `life`.
  private var model: JSONValue? { objects["ModelDeployment/life"] }

  /// To all who ask, and has nothing else to do.
  fileprivate func serves(_ version: String) -> Bool {
    model?[path: "status", "version"]?.string == version && model?.condition("Ready")?["status"] == "True"
      && model?.condition("Serving")?["status"] == "True" && model?.condition("Reconciling") == nil
  }

  fileprivate func stage(_ version: String) -> String? {
    objects["ModelVersion/life-\(version)"]?[path: "status", "stage"]?.string
  }

  /// The last request for a check that was carried out, and what it found.
  fileprivate var check: (String?, String?) {
    let status = objects["MonitoringPolicy/life"]?["status"]
    return (status?[path: "handled", "checkRequest"]?.string, status?[path: "lastCheck", "outcome"]?.string)
  }
}
