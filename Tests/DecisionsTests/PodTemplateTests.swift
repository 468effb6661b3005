import ApusAPI
import Decisions
import KubernetesModel
import Testing

@Suite struct PodTemplateTests {
  static let refused: [(JSONValue, String)] = [
    (["serviceAccountName": "admin"], "serviceAccountName"), (["hostNetwork": true], "hostNetwork"),
    (["volumes": [["name": "x", "hostPath": ["path": "/data/../etc"]]]], "volumes[0].hostPath.path"),
    (["volumes": [["name": "x", "hostPath": ["path": "/database"]]]], "volumes[0].hostPath.path"),
    (
      ["containers": [["name": "worker", "securityContext": ["privileged": true]]]],
      "containers[0].securityContext.privileged"
    ),
    (
      ["containers": [["name": "worker", "securityContext": ["capabilities": ["add": ["NET_ADMIN"]]]]]],
      "capabilities.add"
    ),
    (["automountServiceAccountToken": true], "automountServiceAccountToken"),
    (["containers": [["image": "x"]]], "containers[0].name"), ("text", "must be a partial pod template"),
  ]

  @Test(arguments: refused) func `what lends rights is refused and named`(_ template: JSONValue, _ part: String) {
    let problems = PodTemplate.problems(template, field: "spec.training.template", allowedHostPaths: ["/data"])
    #expect(problems.contains { $0.message.contains(part) })
    let wrapped = PodTemplate.problems(["spec": template], field: "spec.training.template", allowedHostPaths: ["/data"])
    #expect(!wrapped.isEmpty)
  }

  @Test(
    arguments: [
      (["volumes": [["name": "x", "hostPath": ["path": "/etc"]]]], .hostPathRefused),
      // What is called so is none.
      (["serviceAccountName": "hostPath"], .templateRefused),
      (["containers": [["name": "hostPath", "securityContext": ["privileged": true]]]], .templateRefused),
    ] as [(JSONValue, Reason)])
  func `the reason follows from what is refused, not from its words`(_ template: JSONValue, _ reason: Reason) {
    #expect(PodTemplate.problems(template, field: "hostPath", allowedHostPaths: []).map(\.reason) == [reason])
  }

  @Test func `what is allowed is not refused`() {
    let template: JSONValue = [
      "serviceAccountName": "default", "nodeSelector": ["a": "b"],
      "volumes": [["name": "x", "hostPath": ["path": "/data/census"]]],
    ]
    #expect(PodTemplate.problems(template, field: "t", allowedHostPaths: ["/data"]).isEmpty)
    #expect(PodTemplate.problems(nil, field: "t", allowedHostPaths: []).isEmpty)
  }

  @Test func `lists are merged by name, mounts by path, and selecting labels stay`() {
    let generated: JSONValue = [
      "metadata": ["labels": ["app": "ours"]],
      "spec": [
        "containers": [
          [
            "name": "server", "env": [["name": "A", "value": "1"], ["name": "B", "value": "2"]],
            "volumeMounts": [["name": "data", "mountPath": "/data"]],
          ]
        ]
      ],
    ]
    let overlay: JSONValue = [
      "metadata": ["labels": ["app": "theirs", "team": "x"]],
      "spec": [
        "containers": [
          [
            "name": "server", "env": [["name": "B", "value": "3"]],
            "volumeMounts": [["name": "data", "mountPath": "/again"]],
          ], ["name": "sidecar", "image": "proxy"],
        ]
      ],
    ]
    let expected: JSONValue = [
      "metadata": ["labels": ["app": "ours", "team": "x"]],
      "spec": [
        "containers": [
          [
            "name": "server", "env": [["name": "A", "value": "1"], ["name": "B", "value": "3"]],
            "volumeMounts": [["name": "data", "mountPath": "/data"], ["name": "data", "mountPath": "/again"]],
          ], ["name": "sidecar", "image": "proxy"],
        ]
      ],
    ]
    #expect(PodTemplate.merged(generated, with: overlay) == expected)
    #expect(PodTemplate.merged(generated, with: nil) == generated)
  }

  @Test func `a variable or volume of the template replaces the generated one with its source`() {
    func pod(_ variables: JSONValue, _ volumes: JSONValue) -> JSONValue {
      ["spec": ["containers": [["name": "worker", "env": variables]], "volumes": volumes]]
    }
    let secret: JSONValue = ["name": "A", "valueFrom": ["secretKeyRef": ["name": "s", "key": "k"]]]
    let field: JSONValue = ["name": "A", "valueFrom": ["fieldRef": ["fieldPath": "status.podIP"]]]
    let plain: JSONValue = ["name": "A", "value": "1"]
    let other: JSONValue = ["name": "B", "value": "2"]
    let claim: JSONValue = ["name": "data", "persistentVolumeClaim": ["claimName": "apus-data"]]
    let empty: JSONValue = ["name": "data", "emptyDir": [:]]
    for (generated, given) in [(secret, plain), (plain, secret), (secret, field), (plain, plain)] {
      #expect(
        PodTemplate.merged(pod([generated, other], [claim]), with: pod([given], [empty]))
          == pod([given, other], [empty]))
    }
  }
}
