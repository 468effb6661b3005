public import KubernetesModel

/// The rules of leading by a Lease, without clock and network.
///
/// Expiry is judged by how long the record has not changed on the local monotonic clock, never by the times that another
/// machine has written into it.
public struct LeaderElection: Sendable {
  public struct Settings: Sendable, Equatable {
    /// How long a leader that says nothing is believed in.
    public var leaseDuration: Duration = .seconds(15)
    /// A leader that could not renew for this long stops.
    public var renewDeadline: Duration = .seconds(10)
    public var retryPeriod: Duration = .seconds(2)

    public init() {}
  }

  /// What to do about the Lease as it was just read.
  public enum Decision: Sendable, Equatable {
    /// There is no Lease: make one.
    case create(Lease.Spec)
    /// It is free, expired, or ours: write this, with the resource version that was read.
    case write(Lease.Spec)
    /// Somebody else leads.
    case wait(holder: String)
  }

  public let identity: String
  public let settings: Settings
  private var observed: Lease.Spec?
  private var observedAt: Duration = .zero

  public init(identity: String, settings: Settings = Settings()) {
    self.identity = identity
    self.settings = settings
  }

  /// - Parameters:
  ///   - lease: nil where there is none.
  ///   - now: monotonic.
  ///   - wall: what is written into the record.
  public mutating func decide(_ lease: Lease?, now: Duration, wall: Timestamp) -> Decision {
    guard let lease else {
      observed = nil
      return .create(record(after: nil, wall: wall))
    }
    let spec = lease.spec ?? Lease.Spec()
    if spec != observed {
      observed = spec
      observedAt = now
    }
    let holder = spec.holderIdentity ?? ""
    if holder == identity || holder.isEmpty { return .write(record(after: spec, wall: wall)) }
    let duration = spec.leaseDurationSeconds.map { Duration.seconds($0) } ?? settings.leaseDuration
    guard now - observedAt >= duration else { return .wait(holder: holder) }
    return .write(record(after: spec, wall: wall))
  }

  /// The record that this process wrote is what it will see next.
  public mutating func noteWritten(_ spec: Lease.Spec, now: Duration) {
    observed = spec
    observedAt = now
  }

  private func record(after spec: Lease.Spec?, wall: Timestamp) -> Lease.Spec {
    var record = Lease.Spec()
    record.holderIdentity = identity
    record.leaseDurationSeconds = Int(settings.leaseDuration.components.seconds)
    record.renewTime = MicroTime(wall)
    if let spec, spec.holderIdentity == identity {
      record.acquireTime = spec.acquireTime
      record.leaseTransitions = spec.leaseTransitions
    } else {
      record.acquireTime = MicroTime(wall)
      // The API has 32 bits for it; whoever wrote the record before is not to be trusted with an overflow.
      record.leaseTransitions = spec.map { min(max($0.leaseTransitions ?? 0, 0), Int(Int32.max) - 1) + 1 } ?? 0
    }
    return record
  }

  /// The record that sets the Lease free at once.
  public func released(_ spec: Lease.Spec, wall: Timestamp) -> Lease.Spec {
    var record = spec
    record.holderIdentity = ""
    record.leaseDurationSeconds = 1
    record.renewTime = MicroTime(wall)
    return record
  }
}
