import ApusAPI
import Decisions
import KubernetesModel
import Testing

@Suite struct PodTemplateTests {
  private static func rules(_ change: (inout OperatorSettings) -> Void = { _ in }, labelled: Set<String> = [])
    -> TemplateRules
  {
    var settings = OperatorSettings(images: .init(worker: "w", server: "s"), allowedHostPaths: ["/data"])
    change(&settings)
    return TemplateRules(settings, in: "shop", labelledSecrets: labelled)
  }

  private static func problems(
    _ template: JSONValue?, _ rules: TemplateRules = rules(), field: String = "spec.training.template"
  ) -> [PodTemplate.Problem] {
    PodTemplate.problems(template, field: field, container: "worker", rules)
  }

  /// JSON, and what the message says.
  static let refused: [(String, String)] = [
    (#"{"serviceAccountName":"admin"}"#, "serviceAccountName"),
    (#"{"serviceAccount":"admin"}"#, "serviceAccount"),
    (#"{"hostNetwork":true}"#, "hostNetwork"),
    (#"{"hostNetwork":"true"}"#, "hostNetwork"),
    (#"{"hostNetwork":1}"#, "hostNetwork"),
    (#"{"hostPID":true}"#, "hostPID"),
    (#"{"hostIPC":true}"#, "hostIPC"),
    (#"{"hostUsers":true}"#, "hostUsers"),
    (#"{"shareProcessNamespace":true}"#, "shareProcessNamespace"),
    (#"{"nodeName":"master"}"#, "templates.allow: [spec.nodeName]"),
    (#"{"priorityClassName":"system-node-critical"}"#, "templates.allow: [spec.priorityClassName]"),
    (#"{"priority":2000001000}"#, "priority"),
    (#"{"preemptionPolicy":"Never"}"#, "preemptionPolicy"),
    (#"{"runtimeClassName":"host"}"#, "runtimeClassName"),
    (#"{"schedulerName":"mine"}"#, "schedulerName"),
    (#"{"tolerations":[{"operator":"Exists"}]}"#, "templates.allow: [spec.tolerations]"),
    (#"{"schedulingGates":[{"name":"g"}]}"#, "schedulingGates"),
    (#"{"overhead":{"cpu":"0"}}"#, "overhead"),
    (#"{"resourceClaims":[{"name":"gpu"}]}"#, "resourceClaims"),
    (#"{"ephemeralContainers":[{"name":"debug","image":"sh"}]}"#, "ephemeralContainers"),
    (#"{"imagePullSecrets":[{"name":"other"}]}"#, "imagePullSecrets[0].name: Secret 'other'"),
    (#"{"securityContext":{"runAsUser":0}}"#, "securityContext.runAsUser"),
    (#"{"securityContext":{"runAsUser":"root"}}"#, "securityContext.runAsUser"),
    (#"{"securityContext":{"runAsUser":-1}}"#, "securityContext.runAsUser"),
    (#"{"securityContext":{"runAsNonRoot":false}}"#, "securityContext.runAsNonRoot"),
    (#"{"securityContext":{"seccompProfile":{"type":"Unconfined"}}}"#, "seccompProfile.type"),
    (#"{"securityContext":{"seccompProfile":{"type":"Localhost","localhostProfile":"p"}}}"#, "seccompProfile.type"),
    (#"{"securityContext":{"appArmorProfile":{"type":"Unconfined"}}}"#, "appArmorProfile.type"),
    (#"{"securityContext":{"seLinuxOptions":{"type":"spc_t"}}}"#, "seLinuxOptions.type"),
    (#"{"securityContext":{"seLinuxOptions":{"role":"sysadm_r"}}}"#, "seLinuxOptions.role"),
    (#"{"securityContext":{"sysctls":[{"name":"kernel.msgmax","value":"1"}]}}"#, "securityContext.sysctls"),
    (#"{"securityContext":{"windowsOptions":{"hostProcess":true}}}"#, "windowsOptions"),
    (#"{"securityContext":null}"#, "null would take away"),
    (#"{"containers":null}"#, "null would take away"),
    (#"{"automountServiceAccountToken":null}"#, "automountServiceAccountToken"),
    (#"{"automountServiceAccountToken":true}"#, "automountServiceAccountToken"),
    (#"{"spec":null,"hostNetwork":true}"#, "hostNetwork"),
    (#"{"volumes":[{"hostPath":{"path":"/data/../etc"},"name":"x"}]}"#, "volumes[0].hostPath.path"),
    (#"{"volumes":[{"hostPath":{"path":"/database"},"name":"x"}]}"#, "volumes[0].hostPath.path"),
    (#"{"volumes":[{"nfs":{"server":"10.0.0.1","path":"/"},"name":"x"}]}"#, "volumes[0].nfs"),
    (#"{"volumes":[{"csi":{"driver":"secrets-store.csi.k8s.io"},"name":"x"}]}"#, "volumes[0].csi"),
    (#"{"volumes":[{"secret":{"secretName":"db"},"name":"x"}]}"#, "volumes[0].secret.secretName: Secret 'db'"),
    (
      #"{"volumes":[{"projected":{"sources":[{"secret":{"name":"db"}}]},"name":"x"}]}"#,
      "sources[0].secret.name: Secret 'db'"
    ),
    (
      #"{"volumes":[{"projected":{"sources":[{"serviceAccountToken":{"path":"t"}}]},"name":"x"}]}"#,
      "serviceAccountToken"
    ),
    (#"{"volumes":[{"awsElasticBlockStore":{"x":1},"name":"x"}]}"#, "volumes[0].awsElasticBlockStore"),
    (#"{"volumes":[{"azureDisk":{"x":1},"name":"x"}]}"#, "volumes[0].azureDisk"),
    (#"{"volumes":[{"azureFile":{"x":1},"name":"x"}]}"#, "volumes[0].azureFile"),
    (#"{"volumes":[{"cephfs":{"x":1},"name":"x"}]}"#, "volumes[0].cephfs"),
    (#"{"volumes":[{"cinder":{"x":1},"name":"x"}]}"#, "volumes[0].cinder"),
    (#"{"volumes":[{"ephemeral":{"x":1},"name":"x"}]}"#, "volumes[0].ephemeral"),
    (#"{"volumes":[{"fc":{"x":1},"name":"x"}]}"#, "volumes[0].fc"),
    (#"{"volumes":[{"flexVolume":{"x":1},"name":"x"}]}"#, "volumes[0].flexVolume"),
    (#"{"volumes":[{"flocker":{"x":1},"name":"x"}]}"#, "volumes[0].flocker"),
    (#"{"volumes":[{"gcePersistentDisk":{"x":1},"name":"x"}]}"#, "volumes[0].gcePersistentDisk"),
    (#"{"volumes":[{"gitRepo":{"x":1},"name":"x"}]}"#, "volumes[0].gitRepo"),
    (#"{"volumes":[{"glusterfs":{"x":1},"name":"x"}]}"#, "volumes[0].glusterfs"),
    (#"{"volumes":[{"image":{"x":1},"name":"x"}]}"#, "volumes[0].image"),
    (#"{"volumes":[{"iscsi":{"x":1},"name":"x"}]}"#, "volumes[0].iscsi"),
    (#"{"volumes":[{"photonPersistentDisk":{"x":1},"name":"x"}]}"#, "volumes[0].photonPersistentDisk"),
    (#"{"volumes":[{"portworxVolume":{"x":1},"name":"x"}]}"#, "volumes[0].portworxVolume"),
    (#"{"volumes":[{"quobyte":{"x":1},"name":"x"}]}"#, "volumes[0].quobyte"),
    (#"{"volumes":[{"rbd":{"x":1},"name":"x"}]}"#, "volumes[0].rbd"),
    (#"{"volumes":[{"scaleIO":{"x":1},"name":"x"}]}"#, "volumes[0].scaleIO"),
    (#"{"volumes":[{"storageos":{"x":1},"name":"x"}]}"#, "volumes[0].storageos"),
    (#"{"volumes":[{"vsphereVolume":{"x":1},"name":"x"}]}"#, "volumes[0].vsphereVolume"),
    (
      #"{"containers":[{"securityContext":{"privileged":true},"name":"worker"}]}"#,
      "containers[0].securityContext.privileged"
    ),
    (
      #"{"containers":[{"securityContext":{"privileged":true},"name":"proxy"}]}"#,
      "containers[0].securityContext.privileged"
    ),
    (
      #"{"initContainers":[{"securityContext":{"privileged":true},"name":"setup"}]}"#,
      "initContainers[0].securityContext.privileged"
    ),
    (
      #"{"containers":[{"securityContext":{"capabilities":{"add":["NET_ADMIN"]}},"name":"worker"}]}"#,
      "capabilities.add"
    ),
    (#"{"containers":[{"securityContext":{"capabilities":{"drop":[]}},"name":"worker"}]}"#, "capabilities.drop"),
    (
      #"{"containers":[{"securityContext":{"capabilities":{"drop":["NET_RAW"]}},"name":"worker"}]}"#,
      "capabilities.drop"
    ),
    (#"{"containers":[{"securityContext":{"capabilities":null},"name":"worker"}]}"#, "null would take away"),
    (#"{"containers":[{"securityContext":null,"name":"worker"}]}"#, "null would take away"),
    (
      #"{"containers":[{"securityContext":{"allowPrivilegeEscalation":true},"name":"worker"}]}"#,
      "allowPrivilegeEscalation"
    ),
    (
      #"{"containers":[{"securityContext":{"readOnlyRootFilesystem":false},"name":"worker"}]}"#,
      "readOnlyRootFilesystem"
    ),
    (
      #"{"containers":[{"securityContext":{"readOnlyRootFilesystem":null},"name":"worker"}]}"#,
      "readOnlyRootFilesystem"
    ),
    (#"{"containers":[{"securityContext":{"procMount":"Unmasked"},"name":"worker"}]}"#, "procMount"),
    (#"{"containers":[{"securityContext":{"runAsUser":0},"name":"proxy"}]}"#, "runAsUser"),
    (#"{"containers":[{"ports":[{"containerPort":1,"hostPort":22}],"name":"worker"}]}"#, "ports[0].hostPort"),
    (#"{"containers":[{"ports":[{"containerPort":1,"hostIP":"0.0.0.0"}],"name":"worker"}]}"#, "ports[0].hostIP"),
    (
      #"{"containers":[{"env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"db","key":"k"}}}],"name":"worker"}]}"#,
      "env[0].valueFrom.secretKeyRef.name: Secret 'db'"
    ),
    (
      #"{"containers":[{"envFrom":[{"secretRef":{"name":"db"}}],"name":"worker"}]}"#,
      "envFrom[0].secretRef.name: Secret 'db'"
    ),
    (
      #"{"initContainers":[{"envFrom":[{"secretRef":{"name":"db"}}],"name":"setup"}]}"#,
      "initContainers[0].envFrom[0].secretRef.name"
    ),
    (#"{"containers":[{"volumeDevices":[{"name":"x","devicePath":"/dev/x"}],"name":"worker"}]}"#, "volumeDevices"),
    (
      #"{"containers":[{"volumeMounts":[{"name":"x","mountPropagation":"Bidirectional"}],"name":"worker"}]}"#,
      "mountPropagation"
    ),
    (
      #"{"containers":[{"livenessProbe":{"httpGet":{"host":"169.254.169.254","port":80}},"name":"worker"}]}"#,
      "httpGet.host"
    ),
    (
      #"{"containers":[{"lifecycle":{"postStart":{"tcpSocket":{"host":"db","port":1}}},"name":"worker"}]}"#,
      "tcpSocket.host"
    ),
    (#"{"containers":[{"image":"x"}]}"#, "containers[0].name"),
    (#"{"containers":"x"}"#, "containers: must be a list"),
    (#"{"containers":{"0":{"name":"x"}}}"#, "containers: must be a list"),
    (#""text""#, "must be a partial pod template"),
    (#"{"securityContext":"none"}"#, "securityContext: must be an object"),
    (#"{"hostnetwork":true}"#, "hostnetwork: is not among the fields"),
    (#"{"workloadRef":{}}"#, "workloadRef"),
    (#"{"containers[].image":"x"}"#, "no field of Kubernetes"),
    (#"{"":1}"#, "no field of Kubernetes"),
    (#"{"containers":[{"securityContext":{"newPower":true},"name":"worker"}]}"#, "securityContext.newPower"),
    (#"{"containers":[{"newField":1,"name":"worker"}]}"#, "newField"),
    (
      #"{"containers":[{"env":[{"name":"A","valueFrom":{"fileKeyRef":{"path":"/x"}}}],"name":"worker"}]}"#,
      "fileKeyRef"
    ),
  ]

  @Test(arguments: refused) func `what lends rights is refused and named`(_ text: String, _ part: String) throws {
    let template = try JSONValue(parsing: text)
    let problems = Self.problems(template)
    #expect(problems.contains { $0.message.contains(part) }, "\(problems.map(\.message))")
    #expect(problems.allSatisfy { $0.message.hasPrefix("spec.training.template") })
    #expect(!Self.problems(["spec": template]).isEmpty)
  }

  static let refusedMetadata: [(JSONValue, String)] = [
    (["labels": ["apus.dev/model": "other"]], "metadata.labels: 'apus.dev/model' is refused"),
    (["annotations": ["container.apparmor.security.beta.kubernetes.io/worker": "unconfined"]], "is refused"),
    (["annotations": ["k8s.v1.cni.cncf.io/networks": "host"]], "is refused"),
    (["name": "x"], "metadata.name: is not among"), (["namespace": "kube-system"], "metadata.namespace"),
    (["ownerReferences": []], "metadata.ownerReferences"), (["finalizers": ["a/b"]], "metadata.finalizers"),
  ]

  @Test(arguments: refusedMetadata) func `a pod's metadata is people's but for what steers`(
    _ metadata: JSONValue, _ part: String
  ) {
    #expect(Self.problems(["metadata": metadata]).contains { $0.message.contains(part) })
  }

  @Test(
    arguments: [
      (["volumes": [["name": "x", "hostPath": ["path": "/etc"]]]], .hostPathRefused),
      // What is called so is none.
      (["serviceAccountName": "hostPath"], .templateRefused),
      (["containers": [["name": "hostPath", "securityContext": ["privileged": true]]]], .templateRefused),
    ] as [(JSONValue, Reason)])
  func `the reason follows from what is refused, not from its words`(_ template: JSONValue, _ reason: Reason) {
    let rules = Self.rules { $0.allowedHostPaths = [] }
    #expect(Self.problems(template, rules, field: "hostPath").map(\.reason) == [reason])
  }

  private static let allowed = """
    {
      "serviceAccountName": "default",
      "nodeSelector": {
        "a": "b"
      },
      "affinity": {
        "podAffinity": {}
      },
      "hostNetwork": false,
      "topologySpreadConstraints": [
        {
          "maxSkew": 1
        }
      ],
      "terminationGracePeriodSeconds": 60,
      "restartPolicy": "Never",
      "automountServiceAccountToken": false,
      "dnsPolicy": "ClusterFirst",
      "hostAliases": [
        {
          "ip": "1.2.3.4"
        }
      ],
      "securityContext": {
        "runAsUser": 1000,
        "runAsGroup": 1000,
        "fsGroup": 1000,
        "runAsNonRoot": true,
        "seccompProfile": {
          "type": "RuntimeDefault"
        },
        "supplementalGroups": [
          5
        ]
      },
      "volumes": [
        {
          "name": "x",
          "hostPath": {
            "path": "/data/census",
            "type": "Directory"
          }
        },
        {
          "name": "c",
          "configMap": {
            "name": "c"
          }
        },
        {
          "name": "p",
          "persistentVolumeClaim": {
            "claimName": "rows",
            "readOnly": true
          }
        },
        {
          "name": "e",
          "emptyDir": {
            "medium": "Memory",
            "sizeLimit": "1Gi"
          }
        },
        {
          "name": "d",
          "downwardAPI": {
            "items": [
              {
                "path": "l",
                "fieldRef": {
                  "fieldPath": "metadata.labels"
                }
              }
            ]
          }
        },
        {
          "name": "j",
          "projected": {
            "sources": [
              {
                "configMap": {
                  "name": "c"
                }
              },
              {
                "secret": {
                  "name": "open"
                }
              }
            ]
          }
        },
        {
          "name": "s",
          "secret": {
            "secretName": "open",
            "items": [
              {
                "key": "a",
                "path": "a"
              }
            ],
            "optional": true
          }
        }
      ],
      "imagePullSecrets": [
        {
          "name": "open"
        }
      ],
      "containers": [
        {
          "name": "worker",
          "image": "own:1",
          "command": [
            "run"
          ],
          "args": [
            "-v"
          ],
          "workingDir": "/tmp",
          "imagePullPolicy": "Always",
          "env": [
            {
              "name": "A",
              "value": "1"
            },
            {
              "name": "B",
              "valueFrom": {
                "fieldRef": {
                  "fieldPath": "status.podIP"
                }
              }
            },
            {
              "name": "C",
              "valueFrom": {
                "secretKeyRef": {
                  "name": "open",
                  "key": "k",
                  "optional": true
                }
              }
            },
            {
              "name": "D",
              "valueFrom": {
                "configMapKeyRef": {
                  "name": "c",
                  "key": "k"
                }
              }
            }
          ],
          "envFrom": [
            {
              "prefix": "P_",
              "configMapRef": {
                "name": "c"
              }
            },
            {
              "secretRef": {
                "name": "open"
              }
            }
          ],
          "resources": {
            "limits": {
              "memory": "2Gi",
              "nvidia.com/gpu": 1
            }
          },
          "volumeMounts": [
            {
              "name": "x",
              "mountPath": "/data",
              "readOnly": true,
              "subPath": "a"
            }
          ],
          "livenessProbe": {
            "httpGet": {
              "path": "/health",
              "port": 8080
            },
            "periodSeconds": 5
          },
          "startupProbe": null,
          "lifecycle": {
            "preStop": {
              "exec": {
                "command": [
                  "sleep",
                  "1"
                ]
              }
            }
          },
          "ports": [
            {
              "name": "extra",
              "containerPort": 9000,
              "protocol": "TCP"
            }
          ],
          "securityContext": {
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": {
              "drop": [
                "ALL"
              ]
            }
          }
        },
        {
          "name": "proxy",
          "image": "proxy:1",
          "securityContext": {
            "readOnlyRootFilesystem": false
          }
        }
      ],
      "initContainers": [
        {
          "name": "mesh",
          "image": "m:1",
          "restartPolicy": "Always"
        }
      ]
    }
    """

  @Test func `what is allowed is not refused`() throws {
    let template = try JSONValue(parsing: Self.allowed)
    let rules = Self.rules(labelled: ["open"])
    #expect(Self.problems(template, rules).map(\.message) == [])
    let whole: JSONValue = [
      "metadata": ["labels": ["team": "a"], "annotations": ["sidecar.istio.io/inject": "false"]], "spec": template,
    ]
    #expect(Self.problems(whole, rules).map(\.message) == [])
    #expect(Self.problems(nil).isEmpty)
  }

  /// All of `PodSpec` and `Container` as the API has them (v1.32): each is in the list or refused by it, and none slips through.
  static let apiFields: [(String, [String])] = [
    (
      "spec",
      [
        "activeDeadlineSeconds", "affinity", "automountServiceAccountToken", "containers", "dnsConfig", "dnsPolicy",
        "enableServiceLinks", "ephemeralContainers", "hostAliases", "hostIPC", "hostNetwork", "hostPID", "hostUsers",
        "hostname", "imagePullSecrets", "initContainers", "nodeName", "nodeSelector", "os", "overhead",
        "preemptionPolicy", "priority", "priorityClassName", "readinessGates", "resourceClaims", "resources",
        "restartPolicy", "runtimeClassName", "schedulerName", "schedulingGates", "securityContext", "serviceAccount",
        "serviceAccountName", "setHostnameAsFQDN", "shareProcessNamespace", "subdomain",
        "terminationGracePeriodSeconds", "tolerations", "topologySpreadConstraints", "volumes",
      ]
    ),
    (
      "spec.containers[]",
      [
        "args", "command", "env", "envFrom", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "name", "ports",
        "readinessProbe", "resizePolicy", "resources", "restartPolicy", "securityContext", "startupProbe", "stdin",
        "stdinOnce", "terminationMessagePath", "terminationMessagePolicy", "tty", "volumeDevices", "volumeMounts",
        "workingDir",
      ]
    ),
    (
      "spec.containers[].securityContext",
      [
        "allowPrivilegeEscalation", "appArmorProfile", "capabilities", "privileged", "procMount",
        "readOnlyRootFilesystem", "runAsGroup", "runAsNonRoot", "runAsUser", "seLinuxOptions", "seccompProfile",
        "windowsOptions",
      ]
    ),
    (
      "spec.securityContext",
      [
        "appArmorProfile", "fsGroup", "fsGroupChangePolicy", "runAsGroup", "runAsNonRoot", "runAsUser",
        "seLinuxChangePolicy", "seLinuxOptions", "seccompProfile", "supplementalGroups", "supplementalGroupsPolicy",
        "sysctls", "windowsOptions",
      ]
    ),
  ]

  @Test func `every field of a pod has its place in the list, and the list has no other`() {
    for (place, names) in Self.apiFields {
      for name in names {
        let path = "\(place).\(name)"
        #expect(TemplateField.at(path) != nil || TemplateField.way(at: path) != nil, "\(path)")
      }
      let listed = TemplateField.all.map(\.path).filter { $0.hasPrefix("\(place).") }
        .map { path in String(path.dropFirst(place.count + 1).prefix { $0 != "." && $0 != "[" }) }
      #expect(Set(listed) == Set(names), "\(place)")
    }
    let paths = TemplateField.all.map(\.path)
    #expect(Set(paths).count == paths.count)
  }

  /// The list is what our own pods need as well: what `KubernetesModel` can say of a pod.
  @Test func `the restricted pods that the operator makes would pass as templates`() {
    let pod: JSONValue = [
      "securityContext": [
        "runAsNonRoot": true, "runAsUser": 65532, "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": ["type": "RuntimeDefault"],
      ], "automountServiceAccountToken": false, "enableServiceLinks": false,
      "containers": [
        [
          "name": "worker",
          "securityContext": [
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
            "capabilities": ["drop": ["ALL"]],
          ],
        ]
      ],
    ]
    #expect(Self.problems(pod).isEmpty)
  }

  @Test func `the configuration allows fields, everywhere or in a namespace, and never the security of a pod`() {
    let template: JSONValue = [
      "tolerations": [["key": "gpu", "operator": "Exists"]],
      "volumes": [["name": "x", "nfs": ["server": "n", "path": "/"]]],
    ]
    #expect(Self.problems(template).count == 2)
    let everywhere = Self.rules { $0.templates = .init(allow: ["spec.tolerations", "spec.volumes[].nfs"]) }
    #expect(Self.problems(template, everywhere).isEmpty)
    for (namespace, count) in [("shop", 1), ("other", 2)] {
      let rules = Self.rules { $0.templates.namespaces = [namespace: .init(allow: ["spec.tolerations"])] }
      #expect(Self.problems(template, rules).count == count)
    }
    for path in [
      "spec.securityContext", "spec.containers", "spec.containers[].securityContext.runAsUser", "spec.hostNetwork",
      "spec.ephemeralContainers[].image", "spec.volumes", "spec.volumes[].hostPath",
      "spec.containers[].securityContext",
      "spec.containers[].securityContext.capabilities.add", "spec", "", "tolerations", "spec.tolerations[0]", "spec..x",
    ] {
      #expect(TemplateGrants.problem(path) != nil, "\(path)")
    }
    for path in [
      "spec.tolerations", "spec.volumes[].csi", "spec.imagePullSecrets", "spec.newField", "metadata.annotations",
    ] {
      #expect(TemplateGrants.problem(path) == nil, "\(path)")
    }
  }

  @Test func `a thousand faults are told twenty at a time, with what strangers wrote cut and cleaned`() {
    let many = JSONValue.object(Dictionary(uniqueKeysWithValues: (0..<1000).map { ("k\($0 % 10)x\($0)", 1) }))
    #expect(Self.problems(many).count == 20)
    let long: JSONValue = [
      "imagePullSecrets": [["name": .string("\u{1B}[31m\n" + String(repeating: "a", count: 10_000))]]
    ]
    let message = Self.problems(long).first?.message ?? ""
    #expect(message.utf8.count < 500 && !message.contains("\u{1B}") && !message.contains("\n"))
  }

  // MARK: Secrets

  private static func named(_ spec: JSONValue, _ change: (inout OperatorSettings) -> Void = { _ in }) -> Set<String> {
    var settings = OperatorSettings(images: .init(worker: "w", server: "s"))
    change(&settings)
    return SecretConsent.names(aModel("income", spec).spec, settings, in: "shop")
  }

  private static let database: JSONValue = [
    "csv": .null, "postgres": ["connectionSecretRef": ["name": "warehouse", "key": "url"], "query": "SELECT 1"],
  ]
  private static let custom: JSONValue = ["custom": ["image": "own:1"]]

  @Test func `Secrets of documented fields need a word only where the author chooses the program`() {
    #expect(Self.named(["training": ["source": Self.database]]).isEmpty)
    #expect(Self.named(["training": ["source": Self.database, "algorithm": Self.custom]]) == ["warehouse"])
    let harmless: JSONValue = [
      "nodeSelector": ["a": "b"], "containers": [["name": "worker", "resources": [:]], ["name": "p"]],
    ]
    #expect(Self.named(["training": ["source": Self.database, "template": harmless]]).isEmpty)
    let steering: [JSONValue] = [
      ["containers": [["name": "worker", "image": "own:1"]]], ["containers": [["name": "worker", "command": ["sh"]]]],
      ["containers": [["name": "worker", "args": ["x"]]]], ["hostAliases": [["ip": "1.2.3.4"]]],
      ["containers": [["name": "worker", "env": [["name": "LD_PRELOAD", "value": "/x.so"]]]]],
      ["containers": [["name": "worker", "env": [["name": "PGHOSTADDR", "value": "10.0.0.1"]]]]],
      ["containers": [["name": "worker", "envFrom": [["configMapRef": ["name": "c"]]]]]],
      ["containers": [["name": "worker", "volumeMounts": [["name": "x", "mountPath": "/usr/lib"]]]]],
      ["containers": [["name": "worker", "lifecycle": ["postStart": ["exec": ["command": ["env"]]]]]]],
      ["containers": [["name": "worker", "livenessProbe": ["exec": ["command": ["env"]]]]]],
      ["dnsConfig": ["nameservers": ["10.0.0.1"]]], ["volumes": [["name": "run", "configMap": ["name": "mine"]]]],
      ["spec": ["containers": [["name": "worker", "image": "own:1"]]]],
    ]
    for template in steering {
      #expect(
        Self.named(["training": ["source": Self.database, "template": template]]) == ["warehouse"], "\(template)")
    }
  }

  @Test func `a neighbour that mounts the servers' tokens needs the owner's word, and so do the stores' Secrets`() {
    let security: JSONValue = [
      "tokenSecretRef": ["name": "clients", "key": "tokens"], "tlsSecretRef": ["name": "cert"],
      "tokens": [["secretRef": ["name": "labellers", "key": "token"], "rights": ["feedback"]]],
    ]
    #expect(Self.named(["serving": ["security": security]]).isEmpty)
    for list in ["containers", "initContainers"] {
      for volume in ["tokens", "tokens-0", "tls"] {
        let mounts: JSONValue = [["name": .string(volume), "mountPath": "/t"]]
        let thief: JSONValue = [list: [["name": "p", "volumeMounts": mounts]]]
        let names = Self.named(["serving": ["security": security, "template": thief]])
        #expect(names == ["clients", "labellers", "cert"], "\(volume)")
      }
    }
    let stores: (inout OperatorSettings) -> Void = {
      $0.storage = .init(
        artifacts: "s3://models", telemetrySecret: .init(name: "db", key: "url"), s3: .init(secret: "store"))
    }
    #expect(Self.named(["training": ["algorithm": Self.custom]], stores) == ["db", "store"])
    #expect(Self.named([:], stores).isEmpty)
    #expect(
      Self.named(["training": ["algorithm": Self.custom]]) {
        stores(&$0); $0.templates.secrets = .all
      }.isEmpty)
    let excepted: Set<String> = Self.named(["training": ["algorithm": Self.custom]]) {
      stores(&$0)
      $0.templates.namespaces = ["shop": .init(secrets: .all)]
    }
    #expect(excepted.isEmpty)
  }

  @Test func `without the label the model waits, keeps its servers as they are, and goes on when the label is there`()
    throws
  {
    var world = World.serving()
    let deployment = world.objects["deployments/income"]?.manifest
    world.model = aModel(
      "income",
      ["serving": ["template": ["containers": [["name": "server", "envFrom": [["secretRef": ["name": "db"]]]]]]]]
    ).keeping(world.model)
    var observed = try #require(world.observeModel())
    observed.settings.templates = .init()
    let refused = observed.decide()
    #expect(refused.apply.isEmpty && refused.remove.isEmpty && refused.stop.isEmpty && refused.pushes.isEmpty)
    #expect(refused.status.conditions["Stalled"]?.reason == "TemplateRefused")
    let message = refused.status.conditions["Stalled"]?.message ?? ""
    #expect(
      message.contains("envFrom[0].secretRef.name: Secret 'db'") && message.contains("apus.dev/readable-by-models=true")
    )
    #expect(refused.requeueAfter == 30)
    #expect(refused.status.traffic == world.model?.status.traffic)
    #expect(world.objects["deployments/income"]?.manifest == deployment)
    let right = "the operator may not read Secret db in namespace shop; allow it: kubectl …"
    observed.labelsRefusal = right
    let unseen = observed.decide().status.conditions["Stalled"]
    #expect(unseen?.message.hasSuffix("; \(right)") == true && unseen?.reason == "TemplateRefused")
    observed.labelsRefusal = nil
    observed.labelledSecrets = ["db"]
    let accepted = observed.decide()
    #expect(!accepted.status.conditions.isTrue("Stalled") && !accepted.apply.isEmpty)
  }

  @Test func `no template weakens the security that the operator has set`() throws {
    let security: JSONValue = [
      "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
      "capabilities": ["drop": ["ALL"]],
    ]
    let pod: JSONValue = ["runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": ["type": "RuntimeDefault"]]
    let generated: JSONValue = [
      "spec": [
        "automountServiceAccountToken": false, "securityContext": pod,
        "containers": [["name": "server", "securityContext": security]],
      ]
    ]
    let attacks: [JSONValue] = [
      ["securityContext": .null], ["automountServiceAccountToken": true], ["automountServiceAccountToken": .null],
      ["hostNetwork": true, "hostPID": true, "hostIPC": true, "shareProcessNamespace": true],
      ["securityContext": ["runAsNonRoot": false, "runAsUser": 0, "seccompProfile": ["type": "Unconfined"]]],
      ["securityContext": "none"],
      ["containers": [["name": "server", "securityContext": .null]]],
      ["containers": [["name": "server", "securityContext": "none"]]],
      ["containers": [["name": "server", "securityContext": ["capabilities": ["drop": [], "add": ["SYS_ADMIN"]]]]]],
      ["containers": [["name": "server", "securityContext": ["capabilities": .null]]]],
      [
        "containers": [
          [
            "name": "server",
            "securityContext": [
              "privileged": true, "allowPrivilegeEscalation": true, "procMount": "Unmasked", "runAsUser": 0,
              "readOnlyRootFilesystem": false, "runAsNonRoot": false, "seccompProfile": ["type": "Unconfined"],
            ],
          ]
        ]
      ],
    ]
    for attack in attacks {
      let merged = PodTemplate.merged(generated, with: attack)
      let user = merged[path: "spec", "securityContext", "runAsUser"]?.integer ?? 1
      #expect(user > 0)
      #expect(security.isContained(in: merged[path: "spec", "containers"]?[0]?["securityContext"] ?? [:]), "\(attack)")
      #expect(merged == generated, "\(attack)")
    }
    let stricter: JSONValue = ["containers": [["name": "server", "securityContext": ["runAsUser": 7]]]]
    #expect(
      PodTemplate.merged(generated, with: stricter)[path: "spec", "containers"]?[0]?[
        path: "securityContext", "runAsUser"] == 7)
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
