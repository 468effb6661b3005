import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

@Suite struct ModelPromotionTests {
  static let manual: @Sendable () -> World = {
    var world = World(aModel("income", ["promotion": ["approval": "Manual"]]))
    world.settle()
    world.trains(result("v1"))
    return world
  }

  /// Two steps of ten minutes each.
  static let inSteps = aModel(
    "income",
    ["promotion": ["rollout": ["steps": [["weight": 5, "duration": "10m"], ["weight": 50, "duration": "10m"]]]]])

  static let sentences: [Sentence] = [
    Sentence("the first good version goes into production", from: { .serving() }) {
      $0.stage("v1") == .production && $0.traffic == "v1 100%" && $0.model?.status.routingRevision == 1
        && $0.model?.status.accuracy == 0.87 && $0.announced("Promoted")
    },
    Sentence("ready when a server has confirmed the table", from: { .serving() }) {
      $0.modelCondition(.ready)?.status == .yes && $0.modelCondition(.serving)?.reason == "RoutingConfirmed"
        && $0.model?.status.serving?.confirmedReplicas == $0.model?.status.serving?.replicas
    },
    Sentence("a version below the minimum is rejected and nothing is served", from: { World(aModel()) }) {
      $0.settle()
      $0.trains(result("v1", metrics: metrics(accuracy: 0.7)))
    } holds: {
      $0.stage("v1") == .rejected && $0.objects["deployments/income"] == nil
        && $0.version("v1")?.status.reason?.contains("accuracy 0.700 is below the minimum of 0.800") == true
        && $0.modelCondition(.promoted)?.reason == "GatesFailed"
    },
    Sentence("a better version takes over and the one before stays warm", from: { .serving() }) {
      $0.retrains(result("v2", against: "v1"))
    } holds: {
      $0.stage("v2") == .production && $0.stage("v1") == .archived && $0.model?.status.previousVersion == "v1"
        && $0.model?.status.traffic.map(\.role) == [.production, .warm] && $0.model?.status.routingRevision == 2
        && $0.version("v1")?.status.reason == "replaced by v2"
    },
    Sentence("a version that may be better by chance is rejected", from: { .serving() }) {
      $0.retrains(result("v2", against: "v1", difference: 0.004, lower: -0.001))
    } holds: {
      $0.stage("v2") == .rejected && $0.traffic == "v1 100%" && $0.model?.status.routingRevision == 1
        && $0.version("v2")?.status.reason?.contains("may be chance") == true
    },
    Sentence("an improvement below the asked one is rejected", from: { .serving() }) {
      $0.retrains(result("v2", against: "v1", difference: 0.0005, lower: 0.0001))
    } holds: {
      $0.stage("v2") == .rejected
    },
    Sentence("a version that was not compared is rejected", from: { .serving() }) {
      $0.retrains(result("v2"))
    } holds: {
      $0.stage("v2") == .rejected
    },
    Sentence(
      "the classic rule lets a version with 98 % of production's accuracy pass",
      from: {
        .serving(aModel("income", ["promotion": ["against": ["accuracyRatio": 0.98]]]))
      }
    ) {
      $0.retrains(result("v2", against: "v1", difference: -0.001, lower: -0.002, metrics: metrics(accuracy: 0.86)))
    } holds: {
      $0.stage("v2") == .production
    },
    Sentence(
      "a loss on a guarded segment stops a version that is better altogether",
      from: {
        .serving(
          aModel("income", ["promotion": ["segments": [["feature": "sex", "metric": "recall", "maximumLoss": 0.02]]]]))
      }
    ) {
      var better = result("v2", against: "v1")
      better.segments = [
        .init(feature: "sex", level: "Female", metric: .recall, challenger: 0.5, champion: 0.6, rows: 90)
      ]
      $0.retrains(better)
    } holds: {
      $0.stage("v2") == .rejected
        && $0.version("v2")?.status.gates.contains { $0.gate == GateName("segment:sex") && !$0.passed } == true
    },
    Sentence("under manual approval a version waits and says how to approve it", from: manual) {
      $0.stage("v1") == .awaitingApproval && $0.model?.status.candidate == "v1" && $0.traffic == nil
        && $0.modelCondition(.promoted)?.message.contains("apus.dev/approve=v1") == true
    },
    Sentence("an approved version goes into production and the history says who let it", from: manual) {
      $0.model?.metadata.annotations[ApusAnnotations.approve] = "v1"
      $0.settle()
    } holds: {
      $0.stage("v1") == .production && $0.version("v1")?.status.history.last?.by == "annotation apus.dev/approve"
    },
    Sentence("an approval of a version that does not wait is said to be void", from: { .serving() }) {
      $0.model?.metadata.annotations[ApusAnnotations.approve] = "v9"
      $0.settle()
    } holds: {
      $0.announced("NotPromoted") && $0.traffic == "v1 100%"
    },
    Sentence("an approval counts for the production it was compared with only", from: manual) {
      $0.model?.metadata.annotations[ApusAnnotations.approve] = "v1"
      $0.settle()
      $0.retrains(result("v2", against: "v1"))
      $0.retrains(result("v3", against: "v1"))
      $0.model?.metadata.annotations[ApusAnnotations.forcePromote] = "v2"
      $0.settle()
      $0.model?.metadata.annotations[ApusAnnotations.approve] = "v3"
      $0.settle()
    } holds: {
      $0.stage("v3") == .rejected && $0.traffic == "v2 100%"
    },
    Sentence("force promotes what the gates rejected and leaves a trace", from: { .serving() }) {
      $0.retrains(result("v2", against: "v1", difference: -0.1, lower: -0.2))
      $0.model?.metadata.annotations[ApusAnnotations.forcePromote] = "v2"
      $0.settle()
    } holds: {
      $0.stage("v2") == .production && $0.announced("Forced")
        && $0.version("v2")?.status.history.map(\.to) == [.rejected, .production]
    },
    Sentence("force cannot promote a version that failed", from: { .serving() }) {
      $0.model?.metadata.annotations[ApusAnnotations.forcePromote] = "v7"
      $0.settle()
    } holds: {
      $0.announced("VersionNotServable") && $0.traffic == "v1 100%"
    },
    Sentence("pinning an earlier version rolls back", from: { .serving() }) {
      $0.retrains(result("v2", against: "v1"))
      $0.model?.spec.serving.version = "v1"
      $0.settle()
    } holds: {
      $0.traffic == "v1 100%" && $0.stage("v2") == .archived && $0.announced("RolledBack")
        && $0.model?.status.traffic.last?.version == "v2" && $0.model?.status.routingRevision == 3
        && $0.version("v1")?.status.history.last?.by == "spec.serving.version"
    },
    Sentence("a rollback is not undone when the pin goes", from: { .serving() }) {
      $0.retrains(result("v2", against: "v1"))
      $0.model?.spec.serving.version = "v1"
      $0.settle()
      $0.model?.spec.serving.version = nil
      $0.settle()
    } holds: {
      $0.traffic == "v1 100%" && $0.stage("v2") == .archived
    },
    Sentence(
      "pinning a version that does not exist stalls, lists what can be served, and changes nothing",
      from: { .serving() }
    ) {
      $0.model?.spec.serving.version = "v9"
      $0.settle()
    } holds: {
      $0.modelCondition(.stalled)?.reason == "VersionNotFound" && $0.traffic == "v1 100%"
        && $0.modelCondition(.stalled)?.message.contains("versions that can be served: v1") == true
    },
    Sentence("while one is pinned a better version waits, and goes on when the pin goes", from: { .serving() }) {
      $0.model?.spec.serving.version = "v1"
      $0.settle()
      $0.retrains(result("v2", against: "v1"))
      if $0.stage("v2") != .awaitingApproval { $0.versions = [:] }
      $0.model?.spec.serving.version = nil
      $0.settle()
    } holds: {
      $0.traffic == "v2 100%"
    },
    Sentence(
      "a rollout gives the first step's weight first",
      from: {
        .serving(
          aModel(
            "income",
            [
              "promotion": [
                "rollout": ["steps": [["weight": 5, "duration": "10m"], ["weight": 50, "duration": "10m"]]]
              ]
            ]))
      }
    ) {
      $0.retrains(result("v2", against: "v1"))
    } holds: {
      $0.traffic == "v1 95%, v2 5%" && $0.stage("v2") == .canary && $0.modelCondition(.reconciling)?.status == .yes
    },
    Sentence(
      "a rollout steps on with time and ends in production",
      from: {
        .serving(
          aModel(
            "income",
            [
              "promotion": [
                "rollout": ["steps": [["weight": 5, "duration": "10m"], ["weight": 50, "duration": "10m"]]]
              ]
            ]))
      }
    ) {
      $0.retrains(result("v2", against: "v1"))
      $0.pass(TimeSpan(seconds: 601))
      $0.settle()
      if $0.traffic != "v1 50%, v2 50%" { $0.versions = [:] }
      $0.pass(TimeSpan(seconds: 601))
      $0.settle()
    } holds: {
      $0.traffic == "v2 100%" && $0.stage("v1") == .archived && $0.model?.status.routingRevision == 4
    },
    Sentence(
      "a pin ends a rollout",
      from: {
        .serving(aModel("income", ["promotion": ["rollout": ["steps": [["weight": 5, "duration": "10m"]]]]]))
      }
    ) {
      $0.retrains(result("v2", against: "v1"))
      $0.model?.spec.serving.version = "v1"
      $0.settle()
    } holds: {
      $0.traffic == "v1 100%" && $0.stage("v2") == .awaitingApproval
    },
    Sentence(
      "shadow and analysis that are not evaluated are said to be",
      from: {
        .serving(
          aModel(
            "income",
            ["promotion": ["rollout": ["shadow": ["requests": 10], "steps": [["weight": 5, "duration": "10m"]]]]]))
      }
    ) {
      $0.retrains(result("v2", against: "v1"))
    } holds: {
      $0.announced("RolloutAnalysisIgnored") && $0.modelCondition(.promoted)?.message.contains("shadow") == true
    },
    Sentence("a deleted production version is replaced by the one before", from: { .serving() }) {
      $0.retrains(result("v2", against: "v1"))
      $0.versions["income-v2"] = nil
      $0.settle()
    } holds: {
      $0.traffic == "v1 100%"
    },
    Sentence("a changed logging rule reaches the pods as a new revision", from: { .serving() }) {
      $0.model?.spec.serving.logging.sample = 0.5
      $0.settle()
    } holds: {
      $0.routing?.logging.sample == 0.5 && $0.model?.status.routingRevision == 2
    },
    Sentence("pods that do not know the table are told, and the promotion waits for them", from: { .serving() }) {
      $0.confirmations = [:]
      _ = $0.reconcileModel(writing: 100)
    } holds: {
      !$0.confirmations.isEmpty && $0.modelCondition(.ready)?.status == .yes
    },
    Sentence("with one of two servers the model is not ready and says so", from: { .serving() }) {
      $0 = .starting(1)
    } holds: {
      $0.modelCondition(.ready)?.reason == "ServersProgressing"
        && $0.modelCondition(.ready)?.message == "1 of 2 servers is ready to serve v1"
        && $0.modelCondition(.reconciling)?.status == .yes && !$0.announced("RoutingConfirmed")
    },
    Sentence("a model that is scaled to nothing is not ready and says why", from: { .serving() }) {
      $0.model?.spec.serving.replicas = 0
      $0.settle()
    } holds: {
      $0.modelCondition(.ready)?.message == "spec.serving.replicas is 0, so nothing serves v1; raise it"
        && $0.modelCondition(.reconciling) == nil
    },
    Sentence("with the last server it is ready, and that is told once", from: { .starting(1) }) {
      $0.startedServers = 2
      $0.settle()
    } holds: {
      $0.modelCondition(.ready)?.status == .yes && $0.modelCondition(.reconciling) == nil
        && $0.announcements.filter { $0.reason == "RoutingConfirmed" }.map(\.message)
          == ["all 2 servers serve v1 100%"]
    },
    Sentence("a promotion that spreads leaves the model ready, one that is stuck does not", from: { .serving() }) {
      $0.refusesTables = true
      $0.retrains(result("v2", against: "v1"))
      if $0.modelCondition(.ready)?.status != .yes { $0.versions = [:] }
      $0.pass(TimeSpan(seconds: 61))
      $0.settle()
    } holds: {
      $0.stage("v2") == .production && $0.modelCondition(.ready)?.reason == "RoutingUnconfirmed"
    },
    Sentence("a server that refuses a version says why in the conditions", from: { .serving() }) {
      $0.refusesTables = true
      $0.refusal = "Version v2 cannot be loaded: column 1 of the model is 'hours', that of the pipeline 'age'."
      $0.retrains(result("v2", against: "v1"))
      $0.pass(TimeSpan(seconds: 61))
      $0.settle()
    } holds: {
      $0.modelCondition(.ready)?.message.contains("v2 cannot be loaded: column 1 of the model is 'hours'") == true
        && $0.modelCondition(.serving)?.message.contains("spec.serving.version") == true
    },
    Sentence("a server that runs and does not become ready is asked why", from: { .starting(1) }) {
      $0.pods = [
        ServerPod(name: "income-1", uid: "p", address: "10.0.0.1", isReady: false, runningSince: $0.now)
      ]
      $0.pass(TimeSpan(seconds: 21))
      $0.refusal = "Version v1 cannot be loaded: no."
    } holds: {
      let decision = $0.observeModel()?.decide()
      return decision?.pushes.map(\.pod) == ["p"]
        && decision?.status.conditions["Serving"]?.message.contains("pod income-1 does not take") == true
    },
    Sentence("a new version is not the first one because production has vanished meanwhile", from: { .serving() }) {
      $0.retrains(result("v2", against: "v1"))
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "again"
      $0.settle()
      $0.versions["income-v2"] = nil
      $0.trains(result("v3"))
    } holds: {
      $0.stage("v3") == .rejected && $0.traffic == "v1 100%"
    },
    Sentence("a champion whose artifact is lost is not beaten by default", from: { .serving() }) {
      $0.retrains(result("v2", metrics: metrics(accuracy: 0.99, rocAUC: 0.999)))
    } holds: {
      $0.stage("v2") == .rejected && $0.version("v2")?.status.reason?.contains("was not compared with v1") == true
        && $0.version("v2")?.status.reason?.contains("apus.dev/force-promote") == true
    },
    Sentence("a pinned version stays and the better one waits", from: { .serving() }) {
      $0.model?.spec.serving.version = "v1"
      $0.settle()
      $0.retrains(result("v2", against: "v1"))
      $0.retrains(result("v3", against: "v1"))
    } holds: {
      $0.traffic == "v1 100%" && $0.stage("v2") == .awaitingApproval && $0.stage("v3") == .awaitingApproval
        && $0.announced("Pinned") && $0.model?.spec.serving.version == "v1"
    },
    Sentence("an annotation that approves is used again for a later version", from: manual) {
      $0.model?.metadata.annotations[ApusAnnotations.approve] = "v1"
      $0.settle()
      $0.retrains(result("v2", against: "v1"))
      if $0.stage("v2") != .awaitingApproval { $0.versions = [:] }
      $0.model?.metadata.annotations[ApusAnnotations.approve] = "v2"
      $0.settle()
    } holds: {
      $0.traffic == "v2 100%" && $0.stage("v1") == .archived
    },
    Sentence("a model of a name that was used before counts on", from: { World(aModel(), highestForeignNumber: 4) }) {
      $0.settle()
      $0.trains(result("v5"))
    } holds: {
      $0.startedJobs == ["income-train-5"] && $0.traffic == "v5 100%"
    },
    Sentence("an autoscaler that the spec no longer asks for goes", from: { .serving() }) {
      $0.autoscalerUID = "uid-hpa"
      $0.objects["horizontalpodautoscalers/income"] = DesiredObject(Resource.autoscalers("v1"), [:])
      $0.reconcileModel()
    } holds: {
      $0.objects["horizontalpodautoscalers/income"] == nil
    },
    Sentence("another's Deployment is never adopted", from: { World(aModel()) }) { world in
      guard var observed = world.observeModel() else { return }
      observed.foreign = ["Deployment income"]
      world.model?.status = observed.decide().status
    } holds: {
      $0.modelCondition(.stalled)?.reason == "OwnedByAnother" && $0.startedJobs.isEmpty
    },
  ]

  @Test(arguments: sentences) func promotion(_ sentence: Sentence) { sentence.check() }
}
