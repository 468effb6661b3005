import KubernetesModel
import WorkerContract

/// Every condition the operator writes. `Reconciling` and `Stalled` are there only while true (kstatus).
package enum ConditionType: String, Codable, Sendable, CaseIterable {
  case ready = "Ready"
  case reconciling = "Reconciling"
  case stalled = "Stalled"
  // ModelDeployment
  case trained = "Trained"
  case serving = "Serving"
  case promoted = "Promoted"
  // MonitoringPolicy
  case healthy = "Healthy"
  case driftDetected = "DriftDetected"
  case qualityPassed = "QualityPassed"
  case performanceOK = "PerformanceOK"
  case retrainingNeeded = "RetrainingNeeded"
  case alertsDeliverable = "AlertsDeliverable"
  // ModelVersion
  case accepted = "Accepted"

  /// What true means, for the documentation.
  package var meaning: String {
    switch self {
    case .ready: "the resource does what its spec says"
    case .reconciling: "the operator is working towards the spec; gone when it has arrived"
    case .stalled: "the operator cannot go on until a person changes something; gone when it can"
    case .trained: "the last training run ended with a version"
    case .serving: "servers are ready and have confirmed the current routing table"
    case .promoted: "the newest version, or the one that was rolled back to, is in production"
    case .healthy: "the last conclusive check found nothing critical"
    case .driftDetected: "features or predictions drifted in the last conclusive check"
    case .qualityPassed: "no hard data quality check failed in the last conclusive check"
    case .performanceOK: "performance is within its limits, as far as labels tell"
    case .retrainingNeeded: "triggers have fired often enough to retrain"
    case .alertsDeliverable: "every alert channel of the policy can be used; there where the policy has alerts"
    case .accepted: "the version has passed its gates"
    }
  }
}

/// Reasons of conditions and Events. A failed run's reason comes from the worker (`RunFailure.reason`) and is passed on.
package enum Reason: String, Codable, Sendable, CaseIterable {
  // The spec and what it refers to.
  case invalidSpec = "InvalidSpec"
  case modelNotFound = "ModelNotFound"
  case versionNotFound = "VersionNotFound"
  case versionNotServable = "VersionNotServable"
  case versionDeleted = "VersionDeleted"
  case hostPathRefused = "HostPathRefused"
  case templateRefused = "TemplateRefused"
  case ownedByAnother = "OwnedByAnother"
  case crdsOlder = "CRDsOlder"
  case forbidden = "Forbidden"
  case apiUnavailable = "APIUnavailable"
  case suspended = "Suspended"
  case progressing = "Progressing"
  case asSpecified = "AsSpecified"
  // Training.
  case notTrainedYet = "NotTrainedYet"
  case trainingStarted = "TrainingStarted"
  case trainingRunning = "TrainingRunning"
  case trainingSucceeded = "TrainingSucceeded"
  case dataUnchanged = "DataUnchanged"
  case trainingFailed = "TrainingFailed"
  case trainingDeadlineExceeded = "TrainingDeadlineExceeded"
  case checkDeadlineExceeded = "CheckDeadlineExceeded"
  case removalDeadlineExceeded = "RemovalDeadlineExceeded"
  case workerCrashed = "WorkerCrashed"
  case stepUnknown = "StepUnknown"
  case resultMissing = "ResultMissing"
  case resultUnreadable = "ResultUnreadable"
  case resultInvalid = "ResultInvalid"
  case sidecarsEnded = "SidecarsEnded"
  // Gates and promotion.
  case versionRegistered = "VersionRegistered"
  case gatesPassed = "GatesPassed"
  case gatesFailed = "GatesFailed"
  case awaitingApproval = "AwaitingApproval"
  case schemaChanged = "SchemaChanged"
  case approved = "Approved"
  case forced = "Forced"
  case promotedToProduction = "Promoted"
  case notPromoted = "NotPromoted"
  case rolledBack = "RolledBack"
  case pinned = "Pinned"
  case unpinned = "Unpinned"
  case archived = "Archived"
  case filesRetired = "FilesRetired"
  case dataKept = "DataKept"
  case removingData = "RemovingData"
  case dataRemoved = "DataRemoved"
  case dataNotRemoved = "DataNotRemoved"
  case predecessorBeingRemoved = "PredecessorBeingRemoved"
  case rolloutAnalysisIgnored = "RolloutAnalysisIgnored"
  case noVersion = "NoVersion"
  // Serving.
  case serversReady = "ServersReady"
  case serversProgressing = "ServersProgressing"
  case serversUnavailable = "ServersUnavailable"
  case podsRefused = "PodsRefused"
  case routingUnconfirmed = "RoutingUnconfirmed"
  case routingConfirmed = "RoutingConfirmed"
  // Checks.
  case notCheckedYet = "NotCheckedYet"
  case checkStarted = "CheckStarted"
  case checkRunning = "CheckRunning"
  case checkPassed = "CheckPassed"
  case checkFailed = "CheckFailed"
  case checkInconclusive = "CheckInconclusive"
  case noDrift = "NoDrift"
  case featureDrift = "FeatureDrift"
  case criticalDrift = "CriticalDrift"
  case predictionDrift = "PredictionDrift"
  case qualityPassed = "QualityPassed"
  case qualityWarning = "QualityWarning"
  case qualityFailure = "QualityFailure"
  case performanceGood = "PerformanceGood"
  case performanceLoss = "PerformanceLoss"
  case tooFewLabels = "TooFewLabels"
  // The retraining loop.
  case retrainingRequested = "RetrainingRequested"
  case noTrigger = "NoTrigger"
  case debouncing = "Debouncing"
  case coolingDown = "CoolingDown"
  case dailyLimitReached = "DailyLimitReached"
  case dryRun = "DryRun"
  case retrainingRunning = "RetrainingRunning"
  // Alerts.
  case channelsUsable = "ChannelsUsable"
  case channelUnusable = "ChannelUnusable"
  case alertNotDelivered = "AlertNotDelivered"
}
