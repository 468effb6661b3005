import ApusAPI
import KubernetesModel
import Testing
import WorkerContract

@testable import Decisions

/// What admission plug-ins, webhooks, scheduler and kubelet say becomes the full path of the field to set. The sentences are
/// those of Kubernetes 1.20 to 1.36, of OpenShift, and of people's reports.
@Suite struct PodRefusalTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var message: String
    var fields = PodFields.training
    var cause: String?
    var mend: String
  }

  static let refusals: [Row] = [
    Row(
      testDescription: "a quota of memory and CPU is used up",
      message: #"Error creating: pods "income-train-1-x7k2p" is forbidden: exceeded quota: small, requested: "#
        + "limits.memory=4Gi,requests.cpu=2, used: limits.memory=1Gi,requests.cpu=1, limited: limits.memory=2Gi,requests.cpu=2",
      cause: "exceeded quota: small, requested: limits.memory=4Gi",
      mend:
        "lower spec.training.resources.limits.memory, spec.training.resources.requests.cpu, or raise ResourceQuota small"
    ),
    Row(
      testDescription: "a quota with the old names",
      message: "exceeded quota: q, requested: cpu=2,memory=1Gi, used: cpu=1",
      fields: .check,
      mend: "lower spec.resources.requests.cpu, spec.resources.requests.memory, or raise ResourceQuota q"),
    Row(
      testDescription: "a quota of pods",
      message: "exceeded quota: few, requested: pods=1, used: pods=5, limited: pods=5",
      mend: "raise ResourceQuota few, or delete what uses it up"),
    Row(
      testDescription: "a quota that wants limits (1.20)",
      message: #"Error creating: pods "a-b" is forbidden: failed quota: small: must specify limits.cpu,limits.memory"#,
      fields: .serving, cause: "failed quota: small: must specify limits.cpu,limits.memory",
      mend:
        "set spec.serving.resources.limits.cpu, spec.serving.resources.limits.memory, which ResourceQuota small asks for"
    ),
    Row(
      testDescription: "a quota that wants limits (1.24 on), of an injected container too",
      message: "failed quota: small: must specify limits.cpu for: worker; limits.memory for: proxy,worker",
      mend: "set spec.training.resources.limits.cpu, "
        + "spec.training.template.spec.containers[name=proxy].resources.limits.memory, "
        + "spec.training.resources.limits.memory, which ResourceQuota small asks for"),
    Row(
      testDescription: "a priority class without a quota",
      message: "insufficient quota to match these scopes: [{PriorityClass In [high]}]",
      mend: "create a ResourceQuota for its priority class, or correct spec.training.template.spec.priorityClassName"),
    Row(
      testDescription: "above a LimitRange",
      message: "maximum memory usage per Container is 512Mi, but limit is 1Gi",
      mend: "lower spec.training.resources.limits.memory, or change the namespace's LimitRange"),
    Row(
      testDescription: "no limit under a LimitRange",
      message: "maximum cpu usage per Container is 2.  No limit is specified",
      mend: "set spec.training.resources.limits.cpu, or change"),
    Row(
      testDescription: "below a LimitRange",
      message: "[minimum cpu usage per Container is 100m, but request is 10m, minimum memory usage per Pod is 1Gi]",
      fields: .check, mend: "raise spec.resources.requests.cpu, or change"),
    Row(
      testDescription: "a ratio of a LimitRange",
      message: "cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000",
      mend: "bring spec.training.resources.requests.cpu and spec.training.resources.limits.cpu closer together"),
    Row(
      testDescription: "a request above the limit that a LimitRange set",
      message:
        #"Error creating: Pod "a-b" is invalid: spec.containers[0].resources.requests: Invalid value: "4": must be "#
        + "less than or equal to cpu limit",
      mend: "correct spec.training.resources.requests and spec.training.resources.limits"),
    Row(
      testDescription: "pod security, of a container of the template",
      message:
        #"violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "proxy" must set "#
        + #"securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "proxy" must set …)"#,
      mend:
        "correct spec.training.template.spec.containers[name=proxy].securityContext, or lower the namespace's label "
        + "pod-security.kubernetes.io/enforce (restricted:latest)"),
    Row(
      testDescription: "pod security, of two containers",
      message: #"violates PodSecurity "baseline:v1.30": privileged (containers "a", "b" must not set …)"#,
      fields: .check,
      mend:
        "spec.template.spec.containers[name=a].securityContext, spec.template.spec.containers[name=b].securityContext"),
    Row(
      testDescription: "pod security, of a volume",
      message:
        #"violates PodSecurity "restricted:latest": restricted volume types (volume "data" uses restricted volume "#
        + #"type "hostPath")"#, fields: .serving,
      mend: "correct spec.serving.template.spec.volumes[name=data], or lower"),
    Row(
      testDescription: "OpenShift's security context constraints",
      message: #"Error creating: pods "a-" is forbidden: unable to validate against any security context constraint: "#
        + "[provider restricted-v2: .containers[0].runAsUser: Invalid value: 65532: must be in the ranges: [1000680000, "
        + "1000689999]]", mend: "set podUser: Cluster in the operator's configuration"),
    Row(
      testDescription: "a webhook that says no",
      message: #"Error creating: admission webhook "policy.corp.io" denied the request: label team is missing"#,
      cause: #"admission webhook "policy.corp.io" denied the request: label team is missing"#,
      mend: "give spec.training.template.spec what the webhook policy.corp.io asks for"),
    Row(
      testDescription: "a webhook that does not answer",
      message:
        #"Error creating: Internal error occurred: failed calling webhook "inject.istio.io": Post "https://istiod": "#
        + "context deadline exceeded", mend: "repair the webhook inject.istio.io, or exempt the namespace from it"),
    Row(
      testDescription: "an admission policy",
      message: "ValidatingAdmissionPolicy 'no-latest' with binding 'b' denied request: pin the image", fields: .check,
      mend: "give spec.template.spec what the ValidatingAdmissionPolicy no-latest asks for"),
    Row(
      testDescription: "a priority class", message: "no PriorityClass with name high was found",
      mend: "create the PriorityClass high, or correct spec.training.template.spec.priorityClassName"),
    Row(
      testDescription: "no service account",
      message: #"error looking up service account shop/default: serviceaccount "default" not found"#,
      mend: "create the ServiceAccount default"),
    Row(
      testDescription: "a value that validation refuses",
      message: #"Error creating: Pod "a-b" is invalid: spec.tolerations[0].operator: Invalid value: "x""#,
      fields: .serving,
      cause: "spec.tolerations[0].operator", mend: "correct spec.serving.template.spec.tolerations[0].operator"),
    Row(testDescription: "words nobody knows", message: "no", fields: .check, mend: "correct spec.template.spec"),
    Row(testDescription: "an empty message", message: "", mend: "correct spec.training.template.spec"),
  ]

  @Test(arguments: refusals) func `a refusal`(_ row: Row) {
    let refusal = PodRefusal(row.message)
    #expect(refusal.mend(row.fields).contains(row.mend), "\(refusal.mend(row.fields))")
    #expect(!refusal.words.contains("Error creating") && !refusal.words.contains("is forbidden"))
    if let cause = row.cause { #expect(refusal.words.hasPrefix(cause), "\(refusal.words)") }
    #expect((refusal.cause == .unknown) == (row.mend == "correct \(row.fields.template)"), "\(refusal.cause)")
  }

  struct Trouble: Sendable, CustomTestStringConvertible {
    var reason: String
    var message: String
    var container: String?
    var fields = PodFields.training
    var sign: PodTrouble.Sign?
    var mend: String
    var testDescription: String { "\(reason): \(message)" }
  }

  static let troubles: [Trouble] = [
    Trouble(
      reason: "Unschedulable", message: "0/3 nodes are available: 3 Insufficient memory.",
      mend: "lower spec.training.resources.requests.memory"),
    Trouble(
      reason: "Unschedulable",
      message: "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {gpu: }.",
      fields: .check, mend: "lower spec.resources.requests.cpu; add spec.template.spec.tolerations"),
    Trouble(
      reason: "Unschedulable", message: "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
      fields: .serving, mend: "correct spec.serving.template.spec.nodeSelector or spec.serving.template.spec.affinity"),
    Trouble(
      reason: "Unschedulable", message: #"persistentvolumeclaim "apus-data" not found"#,
      mend: "storage.claim of the operator's configuration"),
    Trouble(
      reason: "FailedMount", message: #"MountVolume.SetUp failed for volume "keys" : secret "keys" not found"#,
      mend: "create the Secret keys, or correct spec.training.template.spec.volumes"),
    Trouble(
      reason: "FailedMount", message: #"MountVolume.SetUp failed for volume "c" : configmap "conf" not found"#,
      fields: .serving, mend: "create the ConfigMap conf, or correct spec.serving.template.spec.volumes"),
    Trouble(
      reason: "FailedAttachVolume",
      message: #"Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) x"#,
      mend: "storage.claim.accessMode ReadWriteMany"),
    Trouble(
      reason: "FailedAttachVolume", message: #"AttachVolume.Attach failed for volume "pvc-1" : rpc error"#,
      mend: "spec.training.template.spec.volumes"),
    Trouble(
      reason: "CrashLoopBackOff", message: "container server ends with exit code 137 (OOMKilled)", container: "server",
      fields: .serving, sign: .outOfMemory, mend: "raise spec.serving.resources.limits.memory"),
    Trouble(
      reason: "CrashLoopBackOff", message: "container proxy ends with exit code 137 (OOMKilled)", container: "proxy",
      fields: .serving, sign: .outOfMemory,
      mend: "raise spec.serving.template.spec.containers[name=proxy].resources.limits.memory"),
    Trouble(
      reason: "ImagePullBackOff", message: "manifest unknown", container: "proxy",
      mend: "spec.training.template.spec.containers[name=proxy].image"),
    Trouble(
      reason: "ImagePullBackOff", message: "pull access denied", container: "worker",
      mend: "spec.training.algorithm.custom.image), or name what its registry asks for in "
        + "spec.training.template.spec.imagePullSecrets"),
    Trouble(
      reason: "CreateContainerConfigError", message: "container has runAsNonRoot and image will run as root",
      container: "proxy", mend: "set spec.training.template.spec.containers[name=proxy].securityContext.runAsUser"),
  ]

  @Test(arguments: troubles) func `a pod's trouble names the field`(_ row: Trouble) {
    let trouble = PodTrouble(
      pod: "p", reason: row.reason, message: row.message, container: row.container, sign: row.sign)
    #expect(trouble.mend(row.fields).contains(row.mend), "\(trouble.mend(row.fields))")
  }

  // MARK: Events

  private static func event(_ reason: String, _ message: String, at time: Timestamp, type: String = "Warning")
    -> JSONValue
  {
    [
      "type": .string(type), "reason": .string(reason), "message": .string(message),
      "lastTimestamp": .string(time.description),
    ]
  }

  private static func job(
    _ pods: [JSONValue] = [], spec: JSONValue = ["backoffLimit": 2, "template": [:]], at now: Timestamp
  )
    throws -> WorkerJob
  {
    let job: Job = try JSONValue.object([
      "metadata": ["name": "j", "uid": "u", "creationTimestamp": .string(noon.description)], "spec": spec,
    ]).decode()
    return try #require(WorkerJob(job, pods: try pods.map { try $0.decode() }, at: now))
  }

  @Test func `a Job without a pod takes what its last Event says, whatever name the pod would have had`() throws {
    let now = noon.advanced(bySeconds: 20)
    var job = try Self.job(at: now)
    #expect(job.silent?.kind == .job && job.silent?.isDue(at: now) == true)
    #expect(job.silent?.isDue(at: noon.advanced(bySeconds: 5)) == false)
    var texts: Set<String> = []
    for pod in ["j-aaaaa", "j-bbbbb"] {
      let message =
        "Error creating: pods \"\(pod)\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=9"
      let events = [
        Self.event("FailedCreate", "(combined from similar events): \(message)", at: now),
        Self.event("FailedCreate", "old news", at: noon), Self.event("SuccessfulCreate", "x", at: now, type: "Normal"),
      ]
      job.learn(events.compactMap(ClusterWarning.init))
      texts.insert(job.blocker(after: nil)?.message ?? "")
    }
    #expect(
      texts == [
        "the cluster refuses the pod of j: exceeded quota: small, requested: pods=1, used: pods=9; raise ResourceQuota small, "
          + "or delete what uses it up"
      ])
    #expect(job.blocker(after: nil)?.reason == "PodsRefused")
    job.learn([])
    #expect(job.blocker(after: nil) == nil)
  }

  @Test func `what was said before the last try failed is not about the next`() throws {
    let pod: JSONValue = [
      "metadata": ["name": "p", "uid": "p"],
      "status": [
        "phase": "Failed",
        "containerStatuses": [
          [
            "name": "worker",
            "state": ["terminated": ["exitCode": 1, "finishedAt": .string(noon.advanced(bySeconds: 60).description)]],
          ]
        ],
      ],
    ]
    var job = try Self.job([pod], at: noon.advanced(bySeconds: 65))
    #expect(job.silent?.since == noon.advanced(bySeconds: 70))
    job.learn([ClusterWarning(reason: "FailedCreate", message: "exceeded quota: q, requested: pods=1", time: noon)])
    #expect(job.refusal == nil)
  }

  @Test func `a suspended, stopped or finished Job is asked about nothing`() throws {
    let specs: [JSONValue] = [["suspend": true, "template": [:]], ["parallelism": 0, "template": [:]]]
    for spec in specs { #expect(try Self.job(spec: spec, at: noon.advanced(bySeconds: 99)).silent == nil) }
  }

  @Test func `a pod that waits for its volumes tells the cause, not that the kubelet waited in vain`() throws {
    let now = noon.advanced(bySeconds: 200)
    let pod: JSONValue = [
      "metadata": ["name": "p", "uid": "p", "creationTimestamp": .string(noon.description)],
      "status": [
        "phase": "Pending",
        "containerStatuses": [["name": "worker", "state": ["waiting": ["reason": "ContainerCreating"]]]],
      ],
    ]
    var job = try Self.job([pod], at: now)
    #expect(job.silent?.kind == .pod && job.silent?.name == "p")
    let events = [
      Self.event("FailedMount", #"MountVolume.SetUp failed for volume "keys" : secret "keys" not found"#, at: noon),
      Self.event("FailedMount", "Unable to attach or mount volumes: unmounted volumes=[keys]: timed out", at: now),
      Self.event("Unhealthy", "Readiness probe failed", at: now),
    ]
    job.learn(events.compactMap(ClusterWarning.init))
    #expect(
      job.blocker(after: nil)?.message
        == #"pod p cannot start: FailedMount: MountVolume.SetUp failed for volume "keys" : "#
        + #"secret "keys" not found; create the Secret keys, or correct spec.training.template.spec.volumes"#)
  }

  @Test func `a run that never started says why, not that it took too long`() throws {
    var world = World(aModel())
    world.settle()
    world.jobs["income-train-1"]?.refusal = "exceeded quota: small, requested: limits.memory=4Gi, used: limits.memory=0"
    world.settle()
    #expect(world.modelCondition(.ready)?.reason == "PodsRefused")
    #expect(world.modelCondition(.reconciling)?.message.contains("lower spec.training.resources.limits.memory") == true)
    world.jobs["income-train-1"]?.refusal = nil
    world.jobs["income-train-1"]?.failure = "DeadlineExceeded"
    world.settle()
    let message = try #require(world.modelCondition(.trained)?.message)
    #expect(
      message.contains("did not start before its deadline: the cluster refuses the pod of income-train-1: exceeded"))
  }

  @Test func `what the condition says to set helps: a run that cannot start makes room for the changed spec`() throws {
    var world = World(aModel("income", ["training": ["resources": ["limits": ["memory": "4Gi"]]]]))
    world.settle()
    world.jobs["income-train-1"]?.refusal = "exceeded quota: small, requested: limits.memory=4Gi, used: limits.memory=0"
    world.settle()
    #expect(world.startedJobs == ["income-train-1"])
    world.model?.spec.training.resources = ContainerResources(limits: ["memory": "1Gi"])
    world.model?.metadata.generation = 2
    world.settle()
    #expect(world.startedJobs == ["income-train-1", "income-train-2"] && world.jobs["income-train-1"] == nil)
    #expect(world.version("v1")?.spec.failure?.reason == "PodsRefused")
    #expect(world.objects["jobs/income-train-2"]?.manifest.text.contains(#""memory":"1Gi""#) == true)
    world.trains(result("v2"))
    #expect(world.stage("v2") == .production)
  }

  @Test func `a run that is under way is not given up for a changed spec`() throws {
    var world = World(aModel())
    world.settle()
    world.model?.spec.training.resources = ContainerResources(limits: ["memory": "1Gi"])
    world.settle()
    #expect(world.startedJobs == ["income-train-1"] && world.jobs["income-train-1"] != nil)
  }

  @Test(arguments: [true, false])
  func `a check that cannot start makes room when the policy changes or a person asks anew`(_ asks: Bool) throws {
    var world = World.serving(policy: aPolicy("watch"))
    world.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
    world.settle()
    let name = try #require(world.policy?.status.runningCheck)
    world.jobs[name]?.refusal = "failed quota: small: must specify limits.memory"
    world.settle()
    #expect(world.policy?.status.history.isEmpty == true)
    world.policy?.spec.resources = ContainerResources(limits: ["memory": "1Gi"])
    if asks {
      world.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "again"
    } else {
      world.policy?.metadata.generation = 2
    }
    world.settle()
    #expect(world.jobs[name] == nil)
    #expect(world.policy?.status.history.first?.message?.hasPrefix("PodsRefused: \(name) had not started") == true)
    #expect(world.startedJobs.count == (asks ? 3 : 2))
  }

  @Test func `a check that never started says why`() throws {
    var world = World.serving(policy: aPolicy("watch"))
    world.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
    world.settle()
    let name = try #require(world.policy?.status.runningCheck)
    world.jobs[name]?.refusal = "failed quota: small: must specify limits.memory"
    world.settle()
    #expect(world.policyCondition(.reconciling)?.message.contains("set spec.resources.limits.memory") == true)
    #expect(world.announced("PodsRefused"))
    world.jobs[name]?.failure = "DeadlineExceeded"
    world.settle()
    #expect(world.policy?.status.lastCheck?.message?.contains("did not start before its deadline: the cluster") == true)
  }
}
