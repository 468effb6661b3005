import KubernetesModel

/// A full life of a model: trained, promoted, checked, found drifting, retrained, rolled out in steps, rolled back by
/// people, a version rejected, one approved by hand, a training that fails; then policy and model are deleted.
enum ModelLife {
  static let story: [Chapter] = [
    Chapter(name: "the model is made") { _ in
      true
    } act: {
      $0.apply(model)
    },
    Chapter(name: "v1 serves, a policy watches it") {
      $0.isReady(serving: "v1")
    } act: { facts in
      facts.write("POST", "/api/v1/namespaces/shop/secrets", secret, by: "people")
      facts.write("POST", policies, policy, by: "people")
    },
    Chapter(name: "a check finds nothing") {
      $0.outcome == "Healthy"
    } act: { _ in
    },
    Chapter(name: "a check finds drift, one is not enough") {
      $0.outcome == "Critical"
    } act: { _ in
    },
    Chapter(name: "a second one is: v2 gets some requests") {
      $0.weight(of: "v2") == 5
    } act: { _ in
    },
    Chapter(name: "v2 gets half of the requests") {
      $0.weight(of: "v2") == 50
    } act: { _ in
    },
    Chapter(name: "v2 serves, and a check finds too little") { facts in
      facts.isReady(serving: "v2") && facts.outcome == "Inconclusive"
    } act: { _ in
    },
    Chapter(name: "a check of v2 finds nothing, people go back to v1") {
      $0.outcome == "Healthy"
    } act: { facts in
      facts.patchModel(["spec": ["serving": ["version": "v1"]]])
    },
    Chapter(name: "v1 serves again, people want a training") {
      $0.isReady(serving: "v1")
    } act: { facts in
      facts.patchModel([
        "spec": ["serving": ["version": .null]],
        "metadata": ["annotations": ["apus.dev/retrain-requested-at": "soon"]],
      ])
    },
    Chapter(name: "v3 is worse, people try other settings and want to be asked") {
      $0.stage("v3") == "Rejected"
    } act: {
      facts in
      facts.patchModel([
        "spec": [
          "training": ["algorithm": ["gradientBoosting": ["rounds": 300]]], "promotion": ["approval": "Manual"],
        ]
      ])
    },
    Chapter(name: "v4 waits for approval") {
      $0.stage("v4") == "AwaitingApproval"
    } act: { facts in
      facts.patchModel(["metadata": ["annotations": ["apus.dev/approve": "v4"]]])
    },
    Chapter(name: "v4 gets half of the requests") {
      $0.weight(of: "v4") == 50
    } act: { _ in
    },
    Chapter(name: "v4 serves, people make a mistake") {
      $0.isReady(serving: "v4")
    } act: { facts in
      facts.patchModel(["spec": ["training": ["source": ["csv": ["uri": "file:///data/wrong.csv"]]]]])
    },
    Chapter(name: "v5 has failed, the policy is deleted") {
      $0.stage("v5") == "Failed"
    } act: { facts in
      facts.patchModel(["spec": ["deletion": "Delete"]])
      facts.write("DELETE", "\(policies)/watch", by: "people")
    },
    Chapter(name: "the model is deleted") { facts in
      facts.object("monitoringpolicies/watch") == nil
        && facts.all("modelversions").allSatisfy {
          $0[path: "metadata", "finalizers"]?.array?.contains("apus.dev/data") == true
        }
    } act: { facts in
      facts.write("DELETE", "\(models)/income", by: "people")
    },
    Chapter(name: "its data is removed, nothing is left") {
      $0.object("modeldeployments/income") == nil && $0.all("modelversions").isEmpty
    } act: { _ in
    },
  ]

  static func chapter(_ name: String) -> Int { story.firstIndex { $0.name == name } ?? story.count }

  static let models = "/apis/apus.dev/v1alpha1/namespaces/shop/modeldeployments"
  static let policies = "/apis/apus.dev/v1alpha1/namespaces/shop/monitoringpolicies"

  static let model: JSONValue = [
    "apiVersion": "apus.dev/v1alpha1", "kind": "ModelDeployment",
    "metadata": ["name": "income", "namespace": "shop"],
    "spec": [
      "schema": [
        "target": ["name": "income", "positive": ">50K"],
        "features": [["name": "age", "type": "numeric"], ["name": "workclass", "type": "categorical"]],
        "timestamp": "seen_at",
      ],
      "training": [
        "source": ["csv": ["uri": "file:///data/adult.csv"]],
        "algorithm": ["gradientBoosting": ["rounds": 200]],
      ],
      "promotion": [
        "approval": "Automatic",
        "rollout": ["steps": [["weight": 5, "duration": "10m"], ["weight": 50, "duration": "10m"]]],
      ],
      "serving": ["replicas": 2],
    ],
  ]

  static let policy: JSONValue = [
    "apiVersion": "apus.dev/v1alpha1", "kind": "MonitoringPolicy",
    "metadata": ["name": "watch", "namespace": "shop"],
    "spec": [
      "modelRef": ["name": "income"], "schedule": ["cron": "*/30 * * * *"],
      "retraining": ["debounce": ["failures": 2, "of": 3], "cooldown": "1h"],
      "alerts": [
        "routes": [["severities": ["critical", "warning", "info"], "channels": ["chat"]]],
        "channels": [
          ["name": "book", "log": [:]],
          ["name": "chat", "webhook": ["urlSecretRef": ["name": "alerts", "key": "url"]]],
        ],
      ],
      "performance": [
        "queries": [["name": "errors", "server": "http://prometheus", "promql": "errors", "above": 5]]
      ],
    ],
  ]

  static let secret: JSONValue = [
    "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "alerts", "namespace": "shop"],
    "stringData": ["url": "http://chat/hook"],
  ]
}

extension World.Facts {
  mutating func apply(_ model: JSONValue) { write("POST", ModelLife.models, model, by: "people") }

  mutating func patchModel(_ patch: JSONValue) {
    write("PATCH", "\(ModelLife.models)/income", patch, by: "people")
  }

  var modelStatus: JSONValue? { object("modeldeployments/income")?["status"] }
  var policyStatus: JSONValue? { object("monitoringpolicies/watch")?["status"] }

  /// Of the last check.
  var outcome: String? { policyStatus?["lastCheck"]?["outcome"]?.string }

  /// Percent of the requests that a version gets, once the servers know it.
  func weight(of version: String) -> Int? {
    guard object("modeldeployments/income")?.condition("Serving") == "True" else { return nil }
    return modelStatus?["traffic"]?.array?.first { $0["version"]?.string == version }?["weight"]?.integer
  }

  func stage(_ version: String) -> String? {
    object("modelversions/income-\(version)")?[path: "status", "stage"]?.string
  }

  /// Alone, on all servers.
  func isReady(serving version: String) -> Bool {
    guard let model = object("modeldeployments/income"), model[path: "status", "version"]?.string == version else {
      return false
    }
    return model.condition("Ready") == "True" && model.condition("Serving") == "True"
      && model.condition("Reconciling") == nil
      && model[path: "status", "observedGeneration"] == model[path: "metadata", "generation"]
  }
}
