/// Where the scheduler puts a pod, seen from nodes and from other pods.
public struct Affinity: Codable, Sendable, Equatable {
  /// Near to pods, or far from them.
  public struct PodTerms: Codable, Sendable, Equatable {
    public var preferredDuringSchedulingIgnoredDuringExecution: [WeightedPodTerm]
    public var requiredDuringSchedulingIgnoredDuringExecution: [PodTerm]

    public init(preferred: [WeightedPodTerm] = [], required: [PodTerm] = []) {
      preferredDuringSchedulingIgnoredDuringExecution = preferred
      requiredDuringSchedulingIgnoredDuringExecution = required
    }
  }

  /// A term that the scheduler prefers by its weight.
  public struct WeightedPodTerm: Codable, Sendable, Equatable {
    /// 1 to 100.
    public var weight: Int
    public var podAffinityTerm: PodTerm

    public init(weight: Int, _ term: PodTerm) {
      self.weight = weight
      podAffinityTerm = term
    }
  }

  /// The pods that a selector chooses, and what "near" means.
  public struct PodTerm: Codable, Sendable, Equatable {
    public var labelSelector: LabelSelector?
    /// Labels whose values the pods must share with the pod (`matchLabelKeys`), or must not (`mismatchLabelKeys`).
    public var matchLabelKeys: [String]
    public var mismatchLabelKeys: [String]
    /// Of these namespaces; empty, without a selector of namespaces: of the pod's own.
    public var namespaces: [String]
    /// Also of the namespaces with these labels; `{}` chooses all.
    public var namespaceSelector: LabelSelector?
    /// The label of nodes by whose value they count as one place: `kubernetes.io/hostname`.
    public var topologyKey: String

    public init(topologyKey: String, labelSelector: LabelSelector? = nil, namespaces: [String] = []) {
      self.topologyKey = topologyKey
      self.labelSelector = labelSelector
      matchLabelKeys = []
      mismatchLabelKeys = []
      self.namespaces = namespaces
    }
  }

  public var podAffinity: PodTerms?
  public var podAntiAffinity: PodTerms?
  public var nodeAffinity: JSONValue?

  public init(podAffinity: PodTerms? = nil, podAntiAffinity: PodTerms? = nil) {
    self.podAffinity = podAffinity
    self.podAntiAffinity = podAntiAffinity
  }
}
