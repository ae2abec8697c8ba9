# Read by each job before its tool runs. Since version 23.02 Slurm tells a job in SLURM_JOB_END_TIME when its time limit
# ends it; before that, ask. A training then ends in time, with all outputs, rather than being killed.
if [ -z "$SLURM_JOB_END_TIME" ] && [ -n "$SLURM_JOB_ID" ]; then
    # Without a limit there is no date: "N/A", or nothing where squeue cannot be asked.
    job_end=$(squeue --noheader --jobs "$SLURM_JOB_ID" --Format EndTime 2>/dev/null | tr -d ' ')
    if [ -n "$job_end" ] && job_end=$(date --date "$job_end" +%s 2>/dev/null); then
        export SLURM_JOB_END_TIME="$job_end"
    fi
    unset job_end
fi
