import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// What people delete beneath a model that serves: the status tells the truth, and clients go on being answered.
@Suite struct DeletionTests {
  private static let rollout: JSONValue = [
    "promotion": ["rollout": ["steps": [["weight": 20, "duration": "10m"]]]]
  ]

  static let sentences: [Sentence] = [
    Sentence("a deleted last version is served on, and the status says so", from: { .serving() }) {
      $0.versions = [:]
      $0.settle()
    } holds: {
      $0.traffic == "v1 100%" && $0.model?.status.version == "v1" && $0.modelCondition(.serving)?.status == .yes
        && $0.modelCondition(.serving)?.message.contains("serve v1 100%") == true
        && $0.modelCondition(.ready)?.reason == "VersionDeleted" && $0.modelCondition(.stalled)?.status == .yes
        && $0.modelCondition(.ready)?.message.contains("its ModelVersion income-v1 was deleted") == true
        && $0.modelCondition(.ready)?.message.contains("apus.dev/retrain-requested-at") == true
        && $0.startedJobs == ["income-train-1"] && $0.announced("VersionDeleted")
    },
    Sentence("no condition and no column forgets it", from: { .serving() }) {
      let before = $0.model?.status
      $0.versions = [:]
      $0.settle()
      if $0.model?.status.accuracy != before?.accuracy || $0.model?.status.lastTrained != before?.lastTrained {
        $0.model?.status = ModelDeploymentStatus()
      }
    } holds: {
      $0.modelCondition(.trained)?.message == "v1 was trained; its ModelVersion was deleted"
        && $0.modelCondition(.promoted)?.message == "v1 is served; its ModelVersion was deleted"
        && $0.modelCondition(.ready)?.message.contains("meanwhile") == false
        && $0.model?.status.traffic.map(\.version) == ["v1"]
    },
    Sentence("its servers and its table are kept as before", from: { .serving() }) {
      let table = $0.routing
      $0.versions = [:]
      $0.settle()
      $0.objects["deployments/income"] = nil
      $0.objects["configmaps/income-routing"] = nil
      $0.routing = nil
      $0.settle()
      if $0.routing != table { $0.routing = nil }
    } holds: {
      $0.objects["deployments/income"] != nil && $0.routing != nil && $0.model?.status.serving?.confirmedReplicas == 2
    },
    Sentence("a changed number of servers is followed", from: { .serving() }) {
      $0.versions = [:]
      $0.model?.spec.serving.replicas = 3
      $0.settle()
    } holds: {
      $0.objects["deployments/income"]?.manifest[path: "spec", "replicas"] == 3
        && $0.model?.status.serving?.readyReplicas == 3
    },
    Sentence("it is told once", from: { .serving() }) {
      $0.versions = [:]
      $0.settle()
      $0.pass(TimeSpan(seconds: 3600))
      $0.settle()
    } holds: {
      $0.announcements.filter { $0.reason == "VersionDeleted" }.count == 1
    },
    Sentence("a training that was asked for brings it in order", from: { .serving() }) {
      $0.versions = [:]
      $0.settle()
      $0.retrains(result("v2"))
    } holds: {
      $0.traffic == "v2 100%" && $0.modelCondition(.ready)?.status == .yes && $0.modelCondition(.stalled) == nil
    },
    Sentence("while it trains nobody has to act, and the model is not ready", from: { .serving() }) {
      $0.versions = [:]
      $0.settle()
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
      $0.settle()
    } holds: {
      $0.modelCondition(.stalled) == nil && $0.modelCondition(.ready)?.reason == "VersionDeleted"
        && $0.traffic == "v1 100%" && $0.modelCondition(.reconciling)?.status == .yes
    },
    Sentence("a training that fails leaves v1 served, and says both", from: { .serving() }) {
      $0.versions = [:]
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
      $0.settle()
      if let job = $0.running {
        let failure = RunFailure(
          reason: "NoRows", message: "the source has no rows", retryable: false, step: "validate")
        $0.end(job.name, exitCode: 65, message: termination(failure))
      }
      $0.settle()
    } holds: {
      $0.traffic == "v1 100%" && $0.modelCondition(.serving)?.status == .yes
        && $0.modelCondition(.ready)?.message == "the source has no rows; meanwhile v1 100% is served"
    },
    Sentence("another version that can be served is named, and serves when it is forced", from: { .serving() }) {
      $0.retrains(result("v2", against: "v1", difference: -0.1, lower: -0.2))
      $0.versions["income-v1"] = nil
      $0.settle()
      if $0.modelCondition(.ready)?.message.contains("serve v2 with the annotation apus.dev/force-promote") != true {
        $0.versions = [:]
      }
      $0.model?.metadata.annotations[ApusAnnotations.forcePromote] = "v2"
      $0.settle()
    } holds: {
      $0.traffic == "v2 100%" && $0.modelCondition(.ready)?.status == .yes
    },
    Sentence("a rollout goes on without the version that it replaces", from: { .serving(aModel("income", rollout)) }) {
      $0.retrains(result("v2", against: "v1"))
      $0.versions["income-v1"] = nil
      $0.settle()
      if $0.traffic != "v1 80%, v2 20%" { $0.versions = [:] }
      $0.pass(TimeSpan(seconds: 601))
      $0.settle()
    } holds: {
      $0.traffic == "v2 100%" && $0.modelCondition(.ready)?.status == .yes
    },
    Sentence("a rollout whose new version is deleted ends", from: { .serving(aModel("income", rollout)) }) {
      $0.retrains(result("v2", against: "v1"))
      $0.versions["income-v2"] = nil
      $0.settle()
    } holds: {
      $0.traffic == "v1 100%" && $0.modelCondition(.ready)?.status == .yes && $0.model?.status.candidate == nil
    },
    Sentence("a pin on a version that was deleted says what serves meanwhile", from: { .serving() }) {
      $0.model?.spec.serving.version = "v1"
      $0.settle()
      $0.versions = [:]
      $0.settle()
    } holds: {
      $0.modelCondition(.ready)?.reason == "VersionNotFound"
        && $0.modelCondition(.ready)?.message.hasSuffix("; meanwhile v1 100% is served") == true
    },
    Sentence("a policy says that what serves cannot be checked", from: { .serving(policy: aPolicy()) }) {
      $0.versions = [:]
      $0.pass(TimeSpan(seconds: 86400))
      $0.settle()
    } holds: {
      $0.policyCondition(.ready)?.reason == "VersionDeleted"
        && $0.policyCondition(.ready)?.message.hasPrefix("v1 is served, but its ModelVersion is not there") == true
        && $0.startedJobs == ["income-train-1"]
    },
    Sentence("a version that failed is deleted without a word", from: { .serving() }) {
      $0.retrains(result("v2", against: "v1", difference: -0.1, lower: -0.2))
      $0.versions["income-v2"] = nil
      $0.settle()
    } holds: {
      $0.traffic == "v1 100%" && $0.modelCondition(.ready)?.status == .yes
    },
    Sentence("nothing was ever served: the status says so", from: { World(aModel()) }) {
      $0.settle()
      $0.trains(result("v1", metrics: metrics(accuracy: 0.1, f1: 0.1, rocAUC: 0.1)))
      $0.versions = [:]
      $0.settle()
    } holds: {
      $0.modelCondition(.serving)?.reason == "NoVersion" && $0.traffic == nil
        && $0.modelCondition(.trained)?.message == "v1 was trained; its ModelVersion was deleted"
        && $0.modelCondition(.promoted)?.message == "there is no version yet"
    },
    Sentence("a policy that is deleted in the middle of a check trains nothing", from: { .serving(policy: aPolicy()) })
    {
      $0.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
      $0.settle()
      $0.policy?.status.retraining.request = .init(id: "check-1", at: $0.now, reason: "CriticalDrift")
      $0.policy = nil
      $0.jobs = $0.jobs.filter { $0.value.labels[ApusLabels.component] != "check" }
      $0.settle()
    } holds: {
      $0.startedJobs.filter { $0.contains("train") }.count == 1
        && $0.model?.status.conditions.allSatisfy { !$0.message.contains("check") } == true
    },
    Sentence("what a deleted policy asked for is forgotten", from: { .serving(policy: aPolicy()) }) {
      $0.policy?.status.retraining.request = .init(id: "check-1", at: $0.now, reason: "CriticalDrift")
      $0.settle()
      $0.trains(result("v2", against: "v1"))
      if $0.model?.status.handled.monitoringRequests != ["income": "check-1"] { $0.startedJobs = [] }
      $0.policy = nil
      $0.settle()
    } holds: {
      $0.model?.status.handled.monitoringRequests == [:] && $0.startedJobs.count == 2
    },
    Sentence("a policy of the same name asks anew", from: { .serving(policy: aPolicy()) }) {
      $0.policy?.status.retraining.request = .init(id: "check-1", at: $0.now, reason: "CriticalDrift")
      $0.settle()
      $0.trains(result("v2", against: "v1"))
      $0.policy = nil
      $0.settle()
      $0.policy = aPolicy()
      $0.policy?.status.retraining.request = .init(id: "check-1", at: $0.now, reason: "CriticalDrift")
      $0.settle()
    } holds: {
      $0.startedJobs.filter { $0.contains("train") }.count == 3
    },
  ]

  @Test(arguments: sentences) func deletions(_ sentence: Sentence) { sentence.check() }
}
