package import KubernetesModel

/// What the operator's own configuration says about the pods it makes. The same for every model of the cluster.
package struct OperatorSettings: Sendable, Equatable {
  package var images: Images
  package var storage: Storage
  /// Host folders that a template may mount, each with all that lies below it; a template that mounts another is refused.
  package var allowedHostPaths: [String]
  package var templates: TemplateGrants
  package var podUser: PodUser
  /// A partial pod template for the Jobs that remove a deleted model's data: its own templates are gone with it.
  package var removalTemplate: JSONValue?
  package var access: OperatorAccess
  /// Whether a model is served only where clients must bring a token.
  package var requiresTokens: Bool
  /// Who reaches the servers; nil: no NetworkPolicy is made.
  package var network: ServerNetwork?

  package init(
    images: Images, storage: Storage = .init(), allowedHostPaths: [String] = [], podUser: PodUser = .ofImages,
    removalTemplate: JSONValue? = nil, access: OperatorAccess = .init(), templates: TemplateGrants = .init(),
    requiresTokens: Bool = false, network: ServerNetwork? = nil
  ) {
    self.access = access
    self.templates = templates
    self.requiresTokens = requiresTokens
    self.network = network
    self.podUser = podUser
    self.removalTemplate = removalTemplate
    self.images = images
    self.storage = storage
    self.allowedHostPaths = allowedHostPaths
  }

  /// User and group of generated pods.
  package enum PodUser: Sendable, Equatable {
    /// Users, groups and the volumes' group.
    case number(Int)
    /// The cluster chooses, as OpenShift does from a range of each namespace; it refuses pods that name others.
    case cluster

    /// The user of the images (`nonroot`).
    package static let ofImages = PodUser.number(65532)
  }

  package struct Images: Codable, Sendable, Equatable {
    package var worker: String
    package var server: String
    package var pullPolicy: String

    package init(worker: String, server: String, pullPolicy: String = "IfNotPresent") {
      self.worker = worker
      self.server = server
      self.pullPolicy = pullPolicy
    }
  }

  /// Where artifacts and telemetry lie and the volume that holds them.
  package struct Storage: Sendable, Equatable {
    package var claim: Claim
    package var mountPath: String
    /// Value of `APUS_ARTIFACTS`; `{namespace}` in it stands for the namespace of the model.
    package var artifacts: String
    /// Where versions lie from before `artifacts` was changed: read, never written. `{namespace}` as there.
    package var formerArtifacts: String?
    /// Value of `APUS_TELEMETRY`; `{namespace}` as there. A `sqlite:` folder becomes one file for each namespace.
    package var telemetry: String
    /// Where set, `APUS_TELEMETRY` comes from this key of a Secret in the model's namespace instead.
    package var telemetrySecret: SecretKey?
    /// How pods reach artifacts in `s3://…`; without meaning for artifacts in files.
    package var s3: S3

    package init(
      claim: Claim = .init(), mountPath: String = "/var/lib/apus",
      artifacts: String = "file:///var/lib/apus/artifacts", telemetry: String = "sqlite:///var/lib/apus/telemetry",
      telemetrySecret: SecretKey? = nil, s3: S3 = .init(), formerArtifacts: String? = nil
    ) {
      self.formerArtifacts = formerArtifacts
      self.claim = claim
      self.mountPath = mountPath
      self.artifacts = artifacts
      self.telemetry = telemetry
      self.telemetrySecret = telemetrySecret
      self.s3 = s3
    }

    package var isInS3: Bool { artifacts.hasPrefix("s3://") }

    /// Artifacts or telemetry lie in files: pods mount the claim. In a bucket and a database they do not need one.
    package var needsClaim: Bool {
      artifacts.hasPrefix("file:") || telemetryLiesInClaim
    }

    package var telemetryLiesInClaim: Bool { telemetrySecret == nil && telemetry.hasPrefix("sqlite:") }

    /// Whether pods share a claim that only the pods of one node may use at a time.
    package var isTiedToOneNode: Bool { needsClaim && claim.accessMode == "ReadWriteOnce" }

    /// `APUS_ARTIFACTS` of a pod in `namespace`.
    package func artifactsLocation(in namespace: String) -> String { Self.filled(artifacts, namespace) }

    /// `APUS_ARTIFACTS_FORMER` of a pod in `namespace`; nil: there is none.
    package func formerArtifactsLocation(in namespace: String) -> String? {
      formerArtifacts.map { Self.filled($0, namespace) }
    }

    private static func filled(_ location: String, _ namespace: String) -> String {
      location.replacing("{namespace}", with: namespace)
    }

    /// `APUS_TELEMETRY` of a pod in `namespace`.
    package func telemetryLocation(in namespace: String) -> String {
      let telemetry = Self.filled(telemetry, namespace)
      guard telemetry.hasPrefix("sqlite:"), !telemetry.hasSuffix(".sqlite") else { return telemetry }
      return telemetry + (telemetry.hasSuffix("/") ? "" : "/") + namespace + ".sqlite"
    }
  }

  /// The artifact store's side of S3. What is nil is left to the Secret's keys or to the pod templates.
  package struct S3: Sendable, Equatable {
    /// URL of a compatible store; nil: Amazon's of the region.
    package var endpoint: String?
    package var region: String?
    /// A Secret in each namespace with models, with the keys of `S3Variable`.
    package var secret: String?

    package init(endpoint: String? = nil, region: String? = nil, secret: String? = nil) {
      self.endpoint = endpoint
      self.region = region
      self.secret = secret
    }
  }

  /// The PersistentVolumeClaim of each namespace that has models.
  package struct Claim: Sendable, Equatable {
    package var name: String
    /// False: the claim is somebody else's to make.
    package var create: Bool
    package var size: String
    package var storageClassName: String?
    package var accessMode: String

    package init(
      name: String = "apus-data", create: Bool = true, size: String = "10Gi", storageClassName: String? = nil,
      accessMode: String = "ReadWriteOnce"
    ) {
      self.name = name
      self.create = create
      self.size = size
      self.storageClassName = storageClassName
      self.accessMode = accessMode
    }
  }

  package struct SecretKey: Sendable, Equatable {
    package var name: String
    package var key: String

    package init(name: String, key: String) {
      self.name = name
      self.key = key
    }
  }
}
